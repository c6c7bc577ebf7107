export { Answers } from './answers.decorator.js';
export type { AskContext } from './answer.interceptor.js';
export { AskClient, createAskClient } from './ask-client.js';
export type { AskOptions } from './ask-client.js';
export { AskFailedError, AskRefusedError, AskUnavailableError, RefusalError } from './ask-errors.js';
export { AskServer } from './ask-server.js';
