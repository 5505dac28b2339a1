/**
 * Results as a Markdown table that also reads well in a terminal.
 *
 * A ratio is the factor by which fearless is better than the other in the same run. Above 1 it wins, in every unit.
 */
import type { Cell, Contestant, Line, Results } from './results.ts'

export interface Comparison {
  readonly ratio: number
  readonly name: string
}

function ratio(line: Line, ours: Cell | undefined, other: Cell | undefined): number | undefined {
  // A ratio of two idle loads has no meaning.
  if (line.unit === '%' || ours === undefined || other === undefined) return undefined
  if (!('value' in ours) || !('value' in other)) return undefined
  return line.better === 'less' ? other.value / ours.value : ours.value / other.value
}

/** Compares with the best contender of this role among those with a correct result. */
export function against(
  line: Line,
  contestants: readonly Contestant[],
  role: Contestant['role'],
): Comparison | undefined {
  const ours = line.cells[contestants.find(c => c.role === 'ours')?.name ?? '']
  const all = contestants
    .filter(c => c.role === role)
    .flatMap(({ name }) => {
      const value = ratio(line, ours, line.cells[name])
      return value === undefined ? [] : [{ ratio: value, name }]
    })
  return all.sort((a, b) => a.ratio - b.ratio)[0]
}

/** Formats a number with three significant digits and no exponent. */
export function number(value: number): string {
  if (value === 0) return '0'
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return value.toFixed(Math.min(digits, 4)).replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ',')
}

export function show(cell: Cell | undefined): string {
  if (cell === undefined) return '-'
  return 'mark' in cell ? cell.mark : number(cell.value)
}

function times(comparison: Comparison | undefined, named: boolean): string {
  if (comparison === undefined) return '-'
  return `${number(comparison.ratio)}x${named ? ` ${comparison.name}` : ''}`
}

/** Cells padded to the width of their column; the first column reads from the left, numbers from the right. */
export function align(table: readonly (readonly string[])[]): string {
  const widths = table[0].map((_, column) => Math.max(...table.map(row => row[column].length)))
  const format = (row: readonly string[]) =>
    `| ${row.map((text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]))).join(' | ')} |`
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  return [format(table[0]), rule, ...table.slice(1).map(format)].join('\n')
}

/** Returns the ratio of the time with the walls of development to the time without. */
function wallsCost(line: Line, contestants: readonly Contestant[]): string {
  const comparison = against(line, contestants, 'walls')
  return comparison === undefined ? '-' : `${number(comparison.ratio)}x`
}

function table({ contestants, lines }: Results): string {
  const ours = contestants.find(c => c.role === 'ours')
  const others = contestants.filter(c => c.role !== 'ours' && c.role !== 'walls')
  const head = [
    'measured',
    'unit',
    'fearless',
    'walls cost',
    'vs postMessage',
    'vs best rival',
    'vs floor',
    'vs Rust',
    ...others.map(c => c.name),
  ]
  return align([
    head,
    ...lines.map(line => [
      line.title,
      line.unit,
      show(ours && line.cells[ours.name]),
      wallsCost(line, contestants),
      times(against(line, contestants, 'ground'), false),
      times(against(line, contestants, 'rival'), true),
      times(against(line, contestants, 'floor'), false),
      times(against(line, contestants, 'rust'), false),
      ...others.map(c => show(line.cells[c.name])),
    ]),
  ])
}

export function render(results: Results): string {
  const { machine, contestants, lines } = results
  const remarks: string[] = []
  for (const { name, missing } of contestants) {
    if (missing !== undefined) remarks.push(`- ${name} did not take part: ${missing}`)
  }
  for (const { title, cells } of lines) {
    for (const [name, cell] of Object.entries(cells)) {
      if (!('mark' in cell) || cell.message === undefined) continue
      remarks.push(`- ${title}, ${name}: ${cell.mark}: ${firstLine(cell.message)}`)
    }
  }
  return [
    `# ${results.date.slice(0, 10)}`,
    '',
    `\`${results.command}\` on ${machine.cores} x ${machine.cpu}, ${machine.memoryGb} GB, ${machine.os}, ` +
      `load before the run ${machine.load.toFixed(1)}.`,
    contestants
      .filter(c => c.missing === undefined)
      .map(c => `${c.name} ${c.version}`)
      .join(', ') + '.',
    '',
    table(results),
    '',
    'Medians. "vs": the factor by which fearless is better; above 1 it wins. "walls cost": the ratio of its time with the walls of',
    'development to the time without. WRONG: a wrong answer. HANG: no answer within the limit. -: the contender cannot express the row.',
    ...(remarks.length === 0 ? [] : ['', ...remarks]),
    '',
  ].join('\n')
}

function firstLine(text: string): string {
  return text.split('\n')[0].slice(0, 200)
}
