/** `fearless explain F0382`: the page of a code. */
import { compiled, isCompiled } from './rules/compiled.ts'
import { MESSAGES } from './messages.ts'
import { RULES } from './rules/index.ts'
import type { Rule } from './rules/rule.ts'

/** Returns the rule of a code. The compiler's own codes have the page of the rule that reports them. */
function ruleOf(code: string): Rule | undefined {
  const name = code.toUpperCase()
  return RULES.find(rule => rule.code === name) ?? (isCompiled(name) ? compiled : undefined)
}

export const CODES: readonly string[] = RULES.map(({ code }) => code).sort()

export const titleOf = (code: string): string | undefined => ruleOf(code)?.title

/** Returns the page of a code: the problem, a refused program, its message, and the repairs. */
export function pageOf(code: string): string | undefined {
  const rule = ruleOf(code)
  if (rule === undefined) return undefined
  const message = MESSAGES[rule.code]
  const page = message === undefined ? rule.page : rule.page.replace(REFUSED, refused => `${refused}\n${message}`)
  return `# ${rule.code}: ${rule.title}\n\n${page}`
}

const REFUSED = /Refused:\n\n```ts\n[^]*?```\n/
