/**
 * F0515: a function returns a value that it releases at its end.
 */
import { unwrap } from '@fearless/compiler/analysis'
import type { Rule } from './rule.ts'
import { label } from './words.ts'

export const returned: Rule = {
  code: 'F0515',
  severity: 'error',
  title: 'a function returns a value that it releases at its end',
  page: `\`using\` releases at the end of the function, also on \`return\`: the caller would get a released guard, a dropped
handle, or the value of a lock that is no longer held.

Refused:

\`\`\`ts
import { Mutex } from 'fearless'
export function first(list: Mutex<number[]>): number[] {
  using guard = list.lock().wait()
  return guard.value
}
\`\`\`

Way out: return a copy.

\`\`\`ts
import { Mutex } from 'fearless'
export function first(list: Mutex<number[]>): number[] {
  using guard = list.lock().wait()
  return [...guard.value]
}
\`\`\`

Way out: do the work under the lock, and return the result.

\`\`\`ts
import { Mutex } from 'fearless'
export function first(list: Mutex<number[]>): number | undefined {
  return list.with(values => values[0]).wait()
}
\`\`\`
`,

  *step(effect, _before, { file, effects, owner }) {
    if (effect.kind !== 'return' || effect.value === undefined) return
    const value = unwrap(effect.value)
    const whole = file.bindingOf(value)
    const binding = whole ?? effects.guardRead(value)
    if (binding?.kind !== 'using' || binding.declaration.type !== 'VariableDeclaration') return
    if (owner.start > binding.id.start || binding.id.end > owner.end) return
    const { name } = binding
    const dead = whole === undefined ? 'value protected by' : 'value owned by'
    yield {
      message: whole
        ? `cannot return \`${name}\`: \`using\` releases it when the function ends`
        : `cannot return value referencing local variable \`${name}\``,
      at: label(value, `returns a ${dead} the current function`),
      also: [label(binding.id, `\`using\` releases \`${name}\` at the end of its block`)],
      help: {
        text: whole
          ? `declare it with \`const\`, and let the caller release it`
          : `return a copy: \`structuredClone(${file.text.slice(value.start, value.end)})\``,
      },
    }
  },
}
