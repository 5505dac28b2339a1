/**
 * F0277: a value crosses a thread, and its type refuses to.
 *
 * tsc decides: the library's types replace a refused type by a message, and this rule reads the message from tsc's
 * error. Captures are judged by the same types (see host/overlay.ts).
 */
import type { Node } from '@fearless/compiler/analysis'
import type { TypeDiagnostic } from '../host/types.ts'
import type { FileInfo } from '../file-info.ts'
import type { Finding } from '../report/diagnostic.ts'
import type { Rule } from './rule.ts'
import { label } from './words.ts'

const REASON = /"((?:\.[^"]*?: |\[[^"]*?: )?[^"]*? cannot be (?:sent|shared) between threads safely)(?:; ([^"]*))?"/

export const send: Rule = {
  code: 'F0277',
  severity: 'error',
  title: 'a value that cannot be sent or shared between threads',
  page: `Some values belong to the thread that made them: an \`Rc\`, a lock's guard, a promise, a function, a DOM node, an instance
of a class with methods. Plain data, the library's handles and registered classes may cross. The types decide at an
argument of \`spawn\`, \`send\`, \`Mutex\` or \`Arc\`. For the captures of a closure, the checker asks the same types.

Refused:

\`\`\`ts
import { Rc, move, thread } from 'fearless'
const rc = new Rc(5)
thread.spawn(move(() => rc.value))
\`\`\`

Way out: use the type for threads; for counting owners across threads, that is \`Arc\`.

\`\`\`ts
import { Arc, move, thread } from 'fearless'
const arc = new Arc(5)
thread.spawn(move(() => arc.value))
\`\`\`

Way out: send only the plain data.

\`\`\`ts
import { Rc, move, thread } from 'fearless'
const value = new Rc(5).value
thread.spawn(move(() => value))
\`\`\`

Way out: register the class, and declare that in its type.

\`\`\`ts
import { move, sendable, thread, type Sendable } from 'fearless'
class Circle {
  radius = 1
  area() { return Math.PI * this.radius ** 2 }
}
interface Circle extends Sendable<'Circle'> {}
sendable(Circle)
const circle = new Circle()
thread.spawn(move(() => circle.area()))
\`\`\`
`,

  *file({ file, complaints }) {
    for (const complaint of complaints) {
      const finding = refusal(file, complaint)
      if (finding !== undefined) yield finding
    }
  },
}

function refusal(file: FileInfo, { start, end, texts }: TypeDiagnostic): Finding | undefined {
  const captured = capturedAt(file, start)
  const match = texts.map(text => REASON.exec(text)).findLast(found => found !== null)
  if (!match) return undefined
  const [, reason, hint] = match
  const name = captured?.name ?? file.text.slice(start, end)
  const [, path, what] = /^([.[][^ ]*?): (.*)$/s.exec(reason) ?? [undefined, undefined, reason]
  return {
    message: what.replace(
      /^(.*) cannot be/,
      (_, kind: string) => `${named(kind, path === undefined ? captured?.type : undefined)} cannot be`,
    ),
    at: label(
      { start, end },
      captured ? `\`${name}\` is captured by a closure that crosses a thread` : 'this crosses a thread',
    ),
    also: captured ? [label(captured.declaration, `\`${name}\` is declared here`)] : [],
    notes: path === undefined ? [] : [`it is in \`${/^\w+$/.test(name) ? name : ''}${path}\``],
    ...(hint && { help: { text: hint } }),
  }
}

/** Returns the name of the refused value: its own type, if the message only names a kind. */
function named(kind: string, type: string | undefined): string {
  if (kind.startsWith('`')) return kind
  if (type === undefined || type === kind || !/^[a-z]|\s/.test(kind)) return `\`${kind}\``
  return `\`${type}\` (${kind})`
}

interface Captured {
  readonly name: string
  readonly declaration: Node
  readonly type: string | undefined
}

function capturedAt(file: FileInfo, start: number): Captured | undefined {
  for (const { captures } of file.closures) {
    const found = captures.find(({ node }) => node.start === start)
    if (found === undefined) continue
    const { binding } = found
    return { name: binding.name, declaration: binding.id, type: file.factsOf(binding)?.text() }
  }
  return undefined
}
