export { gatewayService } from './gateway-service.js';
export { BareHookError, type BareHookSettings, installBareHook, removeBareHook } from './bare/install-bare-hook.js';
