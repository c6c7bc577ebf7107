import { type DynamicModule, Module } from '@nestjs/common';
import { LogAsksController, logStoreToken } from './read/log-asks.controller.js';
import type { LogStore } from './store/log-store.js';

@Module({})
export class LogModule {
  static with(store: LogStore): DynamicModule {
    return {
      module: LogModule,
      controllers: [LogAsksController],
      providers: [{ provide: logStoreToken, useValue: store }],
    };
  }
}
