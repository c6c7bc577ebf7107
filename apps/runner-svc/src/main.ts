import { runAsProcess } from '@cyclone/service-host';
import { runnerService } from './runner-service.js';

void runAsProcess(runnerService);
