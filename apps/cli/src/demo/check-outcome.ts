import type { BuildView, PublishedImage } from '@cyclone/contracts';
import type { LocalRegistry } from '@cyclone/local-servers';
import type { ParsedMail } from 'mailparser';
import { DemoFailure } from './demo-failure.js';

const manifestTypes =
  'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json';

/** Asks the registry itself: the digest is there, and each tag that the build tells of points to it. */
export async function checkPublishedImage(registry: LocalRegistry, build: BuildView): Promise<PublishedImage> {
  const image = build.images.findLast(({ tags }) => tags.length > 0);
  if (image === undefined) throw new DemoFailure('the build published no image');
  const name = image.repository.slice(registry.host.length + 1);
  for (const reference of [image.digest, ...image.tags]) {
    const answer = await fetch(`${registry.url}/v2/${name}/manifests/${reference}`, {
      method: 'HEAD',
      headers: { accept: manifestTypes },
    });
    const digest = answer.headers.get('docker-content-digest');
    if (!answer.ok || digest !== image.digest) {
      throw new DemoFailure(
        `the registry has ${digest ?? `nothing (${answer.status})`} under ${name}:${reference}, not ${image.digest}`,
      );
    }
  }
  return image;
}

export interface CheckedMail {
  readonly subject: string;
  readonly excerpt: readonly string[];
  readonly attachment: { readonly name: string; readonly bytes: number };
}

const excerptLinesMax = 24;

/** A mail with a subject, a result, and the log of every step attached. */
export function checkMail(mail: ParsedMail): CheckedMail {
  const [log] = mail.attachments;
  if (mail.subject === undefined || mail.text === undefined)
    throw new DemoFailure('the mail has no subject or no text');
  if (log === undefined || log.size === 0) throw new DemoFailure('the mail has no log attached');
  const lines = mail.text.split('\n').map((line) => line.trimEnd());
  return {
    subject: mail.subject,
    excerpt: lines.filter((line) => line !== '').slice(0, excerptLinesMax),
    attachment: { name: log.filename ?? 'log', bytes: log.size },
  };
}
