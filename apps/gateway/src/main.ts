import { runAsProcess } from '@cyclone/service-host';
import { gatewayService } from './gateway-service.js';

void runAsProcess(gatewayService);
