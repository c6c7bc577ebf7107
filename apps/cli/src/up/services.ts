import { gatewayService } from '@cyclone/gateway';
import { logService } from '@cyclone/log-svc';
import { notifyService } from '@cyclone/notify-svc';
import { pipelineService } from '@cyclone/pipeline-svc';
import { runnerService } from '@cyclone/runner-svc';
import type { ServiceDefinition } from '@cyclone/service-host';

/** In the order in which they are stopped backwards; any order of start works. */
export const services: readonly ServiceDefinition[] = [
  pipelineService,
  logService,
  notifyService,
  gatewayService,
  runnerService,
];
