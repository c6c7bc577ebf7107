/** Injection tokens for ports, which have no class of their own at run time. */
export const ASKS = Symbol('Asks');
export const TOKEN_LEDGER = Symbol('TokenLedger');
export const DELIVERY_LEDGER = Symbol('DeliveryLedger');
export const REFUSED_DELIVERIES = Symbol('RefusedDeliveries');
export const HEALTH = Symbol('health');
export const METRICS = Symbol('Metrics');
export const LOGGER = Symbol('Logger');
