import { runAsProcess } from '@cyclone/service-host';
import { logService } from './log-service.js';

void runAsProcess(logService);
