/**
 * The codes of the errors at run time, for `fearless explain`: the documentation of the class or the kind, and its
 * messages.
 */
import type { Catalogue } from './collect.ts'
import { blockOf } from './page.ts'
import type { SourceFile, Sources } from './program.ts'

const ERRORS = 'packages/fearless/src/errors.ts'
const MODEL_ERRORS = 'packages/fearless/src/model/engine/error.ts'
const DOCUMENTED = String.raw`\/\*\*((?:(?!\*\/)[^])*)\*\/\s*`

interface Documented {
  readonly code: string
  readonly title: string
  readonly text: string
}

/** Returns the module `run-time-codes.ts` of the checker. */
export function runTimeCodes(sources: Sources, { messages }: Catalogue): string {
  const pages = documentedIn(sources).map(({ code, title, text }) => {
    const own = messages.filter(message => message.kind === 'error' && message.code === code)
    const failures = messages.filter(({ name }) => name === 'ModelFailure')
    const shown = own.length === 0 && code > 'FL5' ? failures : own
    const list =
      shown.length === 0
        ? ''
        : `\nIts messages, each with the way out. \`‹name›\` stands for a value of the program:\n\n${blockOf(shown)}`
    return `  ${code}: ${JSON.stringify({ title, page: `${text}\n${list}` })},\n`
  })
  return `/** The pages of the codes of errors at run time. scripts/messages.ts writes this file from errors.ts. */
export const RUN_TIME_CODES: Readonly<Record<string, { readonly title: string; readonly page: string }>> = {
${pages.join('')}}
`
}

function documentedIn({ files }: Sources): Documented[] {
  const text = (path: string): string => files.find((file: SourceFile) => file.path === path)!.text
  const classes = [...text(ERRORS).matchAll(new RegExp(`${DOCUMENTED}export class (\\w+)[^{]*\\{([^]*?)\\n\\}`, 'g'))]
  const kinds = [...text(MODEL_ERRORS).matchAll(new RegExp(`${DOCUMENTED}(?:'([^']+)'|(\\w+)): '(FL\\d{4})'`, 'g'))]
  return [
    ...classes.map(([, comment, name, body]) => ({
      // A ClosureError gets its code at its constructor: FL2001 has a page of the compiler.
      code: /code(?:: string)? = '(FL\d{4})'/.exec(body)?.[1] ?? 'FL2003',
      title: name,
      text: proseOf(comment),
    })),
    ...kinds.map(([, comment, quoted, name, code]) => ({
      code,
      title: `ModelError, ${quoted ?? name}`,
      text: proseOf(comment),
    })),
  ].sort((a, b) => (a.code < b.code ? -1 : 1))
}

/** Returns the text of a documentation comment. */
const proseOf = (comment: string): string =>
  comment
    .split('\n')
    .map(line => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .trim()
