export { ScriptedExecutor } from './scripted.executor.js';
export { ScriptedImageBuilder } from './scripted.image-builder.js';
export { StepScript } from './step-script.js';
