export { aJob, aStep, mainJob, plain, uniqueBuildId, type JobDraft } from './job-builder.js';
export { RecordingObserver } from './recording-observer.js';
