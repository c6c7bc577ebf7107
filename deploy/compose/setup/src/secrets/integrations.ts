/** A reader of events: `projects` undefined reads all. */
export interface Integration {
  readonly name: string;
  readonly projects: readonly string[] | undefined;
}

const word = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Reads `chat,audit=shop+docs`; a text instead says what is wrong with it. */
export const parseIntegrations = (text: string): readonly Integration[] | string => {
  const integrations: Integration[] = [];
  for (const entry of text.split(',').map((part) => part.trim())) {
    if (entry === '') continue;
    const [name = '', ...rest] = entry.split('=');
    const projects = rest.length === 0 ? undefined : rest.join('=').split('+');
    const wrong = [name, ...(projects ?? [])].find((part) => !word.test(part));
    if (wrong !== undefined) return `"${wrong}" in "${entry}" is no name: lower-case letters, digits and "-"`;
    if (integrations.some((other) => other.name === name)) return `the integration "${name}" is given twice`;
    integrations.push({ name, projects });
  }
  return integrations;
};

/** Its user in NATS; the prefix keeps it apart from Cyclone's own. */
export const integrationUser = (name: string): string => `integration-${name}`;
