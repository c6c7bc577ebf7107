import type { Environment, PlannedJob, SecretName } from '@cyclone/contracts';

/** The secrets that a job's steps and services name, and no other. */
export const secretsNamedBy = (job: PlannedJob): ReadonlySet<SecretName> => {
  const environments: Environment[] = [
    ...job.services.map((service) => service.environment),
    ...job.steps.map((step) => step.environment),
    ...job.steps.flatMap((step) => (step.kind === 'build-image' ? [step.buildArguments] : [])),
  ];
  const values = environments.flatMap((environment) => Object.values(environment));
  return new Set(values.flatMap((value) => ('secret' in value ? [value.secret] : [])));
};
