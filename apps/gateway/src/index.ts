export { gatewayService } from './gateway-service.js';
export { BareHookError, type BareHookSettings, installBareHook, removeBareHook } from './bare/install-bare-hook.js';
export { gatewayViewsToCheck } from './store/gateway-view-checks.js';
export { rebuildGatewayViews } from './store/rebuild-gateway-views.js';
