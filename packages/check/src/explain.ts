/** `fearless explain F0382`: the page of a code. */
import { compiled, isCompiled } from './rules/compiled.ts'
import { MESSAGES } from './messages.ts'
import { RULES } from './rules/index.ts'
import type { Rule } from './rules/rule.ts'

/** The compiler's own codes lead to the page of the rule that speaks for them. */
function ruleOf(code: string): Rule | undefined {
  const name = code.toUpperCase()
  return RULES.find(rule => rule.code === name) ?? (isCompiled(name) ? compiled : undefined)
}

export const CODES: readonly string[] = RULES.map(({ code }) => code).sort()

export const titleOf = (code: string): string | undefined => ruleOf(code)?.title

/** What goes wrong, a program that is refused, what the checker says to it, and the ways out. */
export function pageOf(code: string): string | undefined {
  const rule = ruleOf(code)
  if (rule === undefined) return undefined
  const message = MESSAGES[rule.code]
  const page = message === undefined ? rule.page : rule.page.replace(REFUSED, refused => `${refused}\n${message}`)
  return `# ${rule.code}: ${rule.title}\n\n${page}`
}

const REFUSED = /Refused:\n\n```ts\n[^]*?```\n/
