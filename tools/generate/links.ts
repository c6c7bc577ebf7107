export interface Link {
  readonly line: number;
  /** As it stands in the page, without a title. */
  readonly target: string;
}

const fence = /^ {0,3}(`{3,}|~{3,})/;

/** Links and images of a Markdown page; what stands in code is no link. */
export function linksOf(markdown: string): Link[] {
  return proseLines(markdown).flatMap(({ text, line }) =>
    [...text.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)|^\[[^\]]+\]:\s+(\S+)/g)].map((match) => ({
      line,
      target: match[1] ?? match[2] ?? '',
    })),
  );
}

/** The anchors that a page has: its headings, as GitHub names them, and what names itself by id. */
export function anchorsOf(markdown: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  const seen = new Map<string, number>();
  for (const { raw } of proseLines(markdown)) {
    for (const [, id = ''] of raw.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id);
    const heading = /^ {0,3}#{1,6}\s+(.+?)\s*#*$/.exec(raw)?.[1];
    if (heading === undefined) continue;
    const slug = slugOf(heading);
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    anchors.add(before === 0 ? slug : `${slug}-${before}`);
  }
  return anchors;
}

const slugOf = (heading: string): string =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
    .replaceAll(' ', '-');

interface ProseLine {
  readonly line: number;
  readonly raw: string;
  /** Without code spans. */
  readonly text: string;
}

function proseLines(markdown: string): ProseLine[] {
  const lines: ProseLine[] = [];
  let open: string | undefined;
  markdown.split('\n').forEach((raw, index) => {
    const mark = fence.exec(raw)?.[1];
    if (open !== undefined) {
      if (mark?.startsWith(open) === true) open = undefined;
      return;
    }
    if (mark === undefined) lines.push({ line: index + 1, raw, text: raw.replace(/(`+)(?!`).*?\1/g, '') });
    else open = mark;
  });
  return lines;
}
