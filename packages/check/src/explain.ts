/** `fearless explain F0382`: the page of a code. */
import { RULES } from './rules/index.ts'

const known = (code: string) => RULES.find(rule => rule.code === code.toUpperCase())

export const CODES: readonly string[] = RULES.map(({ code }) => code).sort()

export const titleOf = (code: string): string | undefined => known(code)?.title

export function pageOf(code: string): string | undefined {
  const rule = known(code)
  return rule && `# ${rule.code}: ${rule.title}\n\n${rule.page}`
}
