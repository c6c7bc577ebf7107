import { runAsProcess } from '@cyclone/service-host';
import { pipelineService } from './pipeline-service.js';

void runAsProcess(pipelineService);
