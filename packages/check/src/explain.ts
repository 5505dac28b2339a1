/**
 * `fearless explain F0382`: the page of a code, of a rule, of the compiler, of the checker itself, or of an error at
 * run time.
 */
import { compiled, isCompiled } from './rules/compiled.ts'
import { MESSAGES } from './messages.ts'
import { OWN_CODES } from './own-codes.ts'
import { RULES } from './rules/index.ts'
import type { Rule } from './rules/rule.ts'
import { RUN_TIME_CODES } from './run-time-codes.ts'

/** Returns the rule of a code. The compiler's own codes have the page of the rule that reports them. */
function ruleOf(code: string): Rule | undefined {
  const name = code.toUpperCase()
  return RULES.find(rule => rule.code === name) ?? (isCompiled(name) ? compiled : undefined)
}

/** The codes of the rules. */
export const CODES: readonly string[] = RULES.map(({ code }) => code).sort()

/** All codes with a page of their own. */
export const EXPLAINED: readonly string[] = [...CODES, ...Object.keys(OWN_CODES), ...Object.keys(RUN_TIME_CODES)].sort()

export const titleOf = (code: string): string | undefined => (ruleOf(code) ?? pageWithoutRule(code))?.title

function pageWithoutRule(code: string): { readonly title: string; readonly page: string } | undefined {
  const name = code.toUpperCase()
  return [OWN_CODES, RUN_TIME_CODES].find(pages => Object.hasOwn(pages, name))?.[name]
}

/**
 * Returns the page of a code. That of a rule has the problem, a refused program, its message, and the repairs; that of
 * an error has its documentation and its messages.
 */
export function pageOf(code: string): string | undefined {
  const rule = ruleOf(code)
  if (rule === undefined) {
    const other = pageWithoutRule(code)
    return other && `# ${code.toUpperCase()}: ${other.title}\n\n${other.page}`
  }
  const message = MESSAGES[rule.code]
  const page = message === undefined ? rule.page : rule.page.replace(REFUSED, refused => `${refused}\n${message}`)
  return `# ${rule.code}: ${rule.title}\n\n${page}`
}

const REFUSED = /Refused:\n\n```ts\n[^]*?```\n/
