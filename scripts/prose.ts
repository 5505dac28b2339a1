/**
 * Counts the pronouns that hide the subject of a sentence, in comments, documents and test names.
 *
 *   npm run prose [-- --list] [-- --only TEXT] [--help]
 *
 * `A reader that waits` names a subject, `whoever waits` does not, so a text may use these words at most once in 1,000
 * words. The libraries that we compare ours with use them 0.0 to 0.5 times. `--list` prints each use with its line;
 * `--only` reads only the files whose path contains the text. The exit code is 1 above the limit, and for a message to
 * the user that contains one of PHRASES.
 */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { parseSync } from 'oxc-parser'
import { HIDDEN_SUBJECTS, PHRASES } from './prose-words.ts'
import { root } from './runtimes.ts'

const LIMIT_PER_1000 = 1

const SOURCES = ['packages/*/{src,test}/**/*.ts', '{scripts,bench,lessons,examples,runtimes,promise}/**/*.{ts,js}']
const DOCUMENTS = ['*.md', '{docs,decisions,bench,packages,lessons,examples}/**/*.md']
/** Paths without prose of ours: generated texts, programs that tests refuse or run unchanged, and results. */
const LEFT_OUT =
  /node_modules|\/dist\/|\.generated\.|^packages\/\w+\/test\/(?:ui|expected|fixtures|programs|ordinary|library)\/|^bench\/(?:results|rust)\//

interface Use {
  readonly file: string
  readonly line: number
  readonly text: string
}

/** A piece of prose in a file. */
interface Passage {
  readonly start: number
  readonly text: string
}

const { values } = parseArgs({
  options: { list: { type: 'boolean' }, only: { type: 'string', default: '' }, help: { type: 'boolean' } },
})
function count(): void {
  let words = 0
  const uses: Use[] = []
  const phrases: Use[] = []
  for (const file of filesOf(SOURCES)) {
    const text = readFileSync(join(root, file), 'utf8')
    const { comments, program } = parseSync(file, text, { lang: file.endsWith('.js') ? 'js' : 'ts' })
    words += read(
      file,
      text,
      comments.map(({ start, value }) => ({ start, text: value })),
      uses,
    )
    const strings = literals(program)
    if (isTest(file))
      words += read(
        file,
        text,
        strings.filter(({ isName }) => isName),
        uses,
      )
    else if (/^packages\/\w+\/src\//.test(file)) {
      for (const { start, text: message } of strings) {
        if (PHRASES.test(message)) phrases.push({ file, line: lineAt(text, start), text: message })
      }
    }
  }
  for (const file of filesOf(DOCUMENTS)) {
    const text = readFileSync(join(root, file), 'utf8')
    words += read(file, text, [{ start: 0, text: text.replaceAll(/```.*?```/gs, blank) }], uses)
  }
  if (values.list) print(uses)
  const rate = (uses.length / words) * 1000
  console.log(
    `prose: ${uses.length} hidden subjects in ${words.toLocaleString('en')} words, ${rate.toFixed(2)} per 1,000`,
  )
  for (const { file, line, text } of phrases) console.error(`${file}:${line}: a message says nothing: ${text}`)
  process.exitCode = rate > LIMIT_PER_1000 || phrases.length > 0 ? 1 : 0
}

function filesOf(patterns: readonly string[]): string[] {
  return globSync([...patterns], { cwd: root, exclude: ['**/node_modules/**', '**/dist/**'] })
    .filter(file => !LEFT_OUT.test(file) && file.includes(values.only))
    .sort()
}

const isTest = (file: string): boolean => /\.(?:test|model)\.ts$/.test(file)

/** Replaces a text by spaces, so that offsets stay. */
const blank = (text: string): string => text.replaceAll(/[^\n]/g, ' ')

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length

/** Adds the uses in these passages; returns their number of words. */
function read(file: string, source: string, passages: readonly Passage[], uses: Use[]): number {
  let words = 0
  for (const { start, text } of passages) {
    const prose = text.replaceAll(/```.*?```|`[^`\n]*`/gs, blank)
    words += prose.match(/[A-Za-z][\w'-]*/g)?.length ?? 0
    for (const { index } of prose.matchAll(HIDDEN_SUBJECTS)) {
      const at = Math.min(source.length, start + index)
      const from = text.lastIndexOf('\n', index) + 1
      const to = text.indexOf('\n', index)
      uses.push({ file, line: lineAt(source, at), text: text.slice(from, to === -1 ? undefined : to).trim() })
    }
  }
  return words
}

function print(uses: readonly Use[]): void {
  for (const { file, line, text } of uses) console.log(`${file}:${line}: ${text}`)
}

interface Text extends Passage {
  /** Whether it names a test or a model. */
  readonly isName: boolean
}

interface AnyNode {
  readonly type: string
  readonly start: number
  readonly [key: string]: unknown
}

const isNode = (value: unknown): value is AnyNode =>
  typeof value === 'object' && value !== null && typeof (value as AnyNode).type === 'string'

/** The texts of a program's string literals. */
function literals(program: unknown): Text[] {
  const texts: Text[] = []
  const visit = (node: AnyNode, isName: boolean): void => {
    if (node.type === 'Literal' && typeof node.value === 'string') {
      texts.push({ start: node.start, text: node.value, isName })
    } else if (node.type === 'TemplateElement') {
      texts.push({ start: node.start, text: (node.value as { raw: string }).raw, isName })
    }
    for (const [key, value] of Object.entries(node)) {
      const children: unknown[] = Array.isArray(value) ? value : [value]
      for (const [i, child] of children.entries()) {
        if (isNode(child)) visit(child, namesTest(node, key, i) || (isName && node.type === 'TemplateLiteral'))
      }
    }
  }
  if (isNode(program)) visit(program, false)
  return texts
}

/** `test('...', ...)` and `name: '...'`. */
function namesTest(parent: AnyNode, key: string, index: number): boolean {
  if (parent.type === 'CallExpression' && key === 'arguments' && index === 0) {
    return /^(?:test|it|describe|suite)$/.test(String((parent.callee as AnyNode).name))
  }
  return parent.type === 'Property' && key === 'value' && (parent.key as AnyNode).name === 'name'
}

if (values.help) console.log('npm run prose [-- --list: each use] [-- --only TEXT: some files]')
else count()
