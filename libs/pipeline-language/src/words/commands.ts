import { limits } from '../limits.js';
import { listOf } from '../shape/lists.js';
import { either, expecting, mapped, type Shape } from '../shape/shape.js';
import { word } from '../shape/scalars.js';
import { splitWords } from './split-words.js';

const plainLine = word({ charsMax: limits.commandCharsMax });

/** One line of the script. `- echo a: b` is a map for YAML, which surprises everybody once. */
const commandLine: Shape<string> = {
  ...plainLine,
  read(node, label, report) {
    if (node.kind !== 'map') return plainLine.read(node, label, report);
    report.error(
      'wrong-type',
      node.span,
      `${label} is a map, not text`,
      'it holds ": ", so put the whole line in quotes, or start it with `|` and write it below',
    );
    return undefined;
  },
};

/** The script of a step. One text with line breaks is a script as well. */
export const commands: Shape<string[]> = expecting(
  'text or a list of text',
  either(
    mapped(plainLine, (line) => [line]),
    listOf(commandLine, { min: 1, max: limits.commandsMax }),
  ),
);

/** A program and its arguments: as a list, or as one line that is cut at its spaces. */
export const argumentList: Shape<string[]> = expecting(
  'text or a list of text',
  either(
    mapped(word({ charsMax: limits.commandCharsMax }), (line, node, report) => {
      const words = splitWords(line);
      if (words === undefined) report.error('open-quote', node.span, 'a quote in this command is not closed');
      else if (words.length > 0) return words;
      return undefined;
    }),
    listOf(word({ charsMin: 0, charsMax: limits.commandCharsMax }), { min: 1, max: limits.commandsMax }),
  ),
);
