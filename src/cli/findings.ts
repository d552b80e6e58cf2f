/** What was found about a training, in a terminal. */
import type { Finding, LayerFigures } from '../storage/storage.js';
import type { Output } from './output.js';
import { wrapText } from '../wrap-text.js';
import { figureText, tableLines } from './text.js';

/** Each finding with its evidence and what to try, then the layers, if a finding is about them. */
export function printFindings(findings: readonly Finding[], out: Output): void {
  const paragraph = (text: string, first: string, further: string): void => {
    wrapText(text, Math.max(40, out.width - first.length)).forEach((line, i) =>
      out.result(`${i === 0 ? first : further}${line}`),
    );
  };
  for (const { code, evidence, remedies } of findings) {
    out.result();
    out.result(out.colors.bold(code));
    paragraph(evidence, '  ', '  ');
    for (const remedy of remedies) paragraph(remedy, '  - try ', '    ');
  }
  const layers = findings.find((finding) => finding.layers !== undefined)?.layers ?? [];
  if (layers.length > 0) printLayers(layers, out);
}

function printLayers(layers: readonly LayerFigures[], out: Output): void {
  const pull = (gradient: number | null, weight: number | null): string =>
    figureText(gradient === null || weight === null ? null : gradient * weight);
  const rows = layers.map((one) => [
    one.layer,
    figureText(one.gradientFirst),
    figureText(one.gradientLast),
    pull(one.gradientFirst, one.weightFirst),
    pull(one.gradientLast, one.weightLast),
    one.units === null ? '–' : `${one.dead} of ${one.units}`,
  ]);
  const titles = ['gradient first', 'last epoch', 'x weights first', 'last epoch', 'dead units'];
  out.result();
  const columns = [{ title: 'layer' }, ...titles.map((title) => ({ title, right: true }))];
  for (const text of tableLines(columns, rows, { header: out.colors.dim })) out.result(text);
}
