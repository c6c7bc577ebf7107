import { runAsProcess } from '@cyclone/service-host';
import { notifyService } from './notify-service.js';

void runAsProcess(notifyService);
