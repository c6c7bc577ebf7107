import { describeEvent, type CompileContext } from '../compile-context.js';

/** In 2016 a branch and a pull request were integrated; a tag and a build by hand were published as well. */
export function publishesIn2016(context: CompileContext): { readonly publish: boolean; readonly reason: string } {
  if (context.trust === 'untrusted')
    return { publish: false, reason: "an outsider's change is built, never published" };
  const publish = context.event === 'tag' || context.event === 'manual';
  return { publish, reason: `runs only for a tag or a build by hand; this is ${describeEvent(context)}` };
}
