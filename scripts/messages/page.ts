/** The catalogue as a page: each message once, by its code or its place. */
import type { Catalogue, Message } from './collect.ts'
import { printed } from './template.ts'

interface Section {
  readonly title: string
  readonly about?: string
  readonly has: (message: Message) => boolean
  /** The heading of a message in the section. */
  readonly of?: (message: Message) => string
}

const isCommand = ({ file }: Message): boolean => /^packages\/(?:check|compiler)\/|\/bin\/|\/model\/cli\//.test(file)
const hasWords = ({ template }: Message): boolean => /\w \w/.test(printed(template).replaceAll(/‹[^›]*›/g, '‹›'))
const isModel = ({ name = '' }: Message): boolean => name.startsWith('Model')
const headingOf = ({ code, name }: Message): string => (code === undefined ? name! : `${code} ${name}`)
const ROLES: readonly Message['role'][] = ['message', 'label', 'note', 'help', 'part']

const SECTIONS: readonly Section[] = [
  {
    title: 'Errors',
    about: 'An error has the `code` of its heading. `TypeError` and `RangeError` are for arguments, and have none.',
    has: message => message.kind === 'error' && !isCommand(message) && !isModel(message),
    of: headingOf,
  },
  {
    title: 'Reports on stderr',
    about: 'No code receives these, so they are printed. The error that a report names follows it.',
    has: message => message.kind === 'output' && !isCommand(message),
  },
  {
    title: 'Types',
    about:
      'TypeScript shows these in place of a type that may not cross threads: `Rc<number> cannot be sent between threads ' +
      'safely; use Arc`.',
    has: message => message.kind === 'type',
  },
  {
    title: 'The compiler and the checker',
    about: 'A refusal has a message, labels for the lines that it shows, notes, and a help with the repair.',
    has: message => message.code !== undefined && /^(?:refusal|part)$/.test(message.kind),
    of: ({ code }) => code!,
  },
  { title: 'The model checker', has: message => message.kind === 'error' && isModel(message), of: headingOf },
  {
    title: 'Commands and build tools',
    has: message => /^(?:error|output)$/.test(message.kind) && isCommand(message) && hasWords(message),
    of: ({ name }) => name ?? 'Printed',
  },
  {
    title: 'Parts of messages',
    about: 'These reach a message as a value: the reason or the repair in it, or a line of a report.',
    has: message => message.kind === 'part' && message.code === undefined,
    of: ({ file }) => file.replace(/^packages\/|\.[jt]s$/g, '').replace('/src/', '/'),
  },
]

export function pageOf({ messages }: Catalogue): string {
  const shown = SECTIONS.map(section => sectionOf(section, messages.filter(section.has)))
  return `<!-- written by \`node scripts/messages.ts --write\` -->

# Messages

All messages of the library, the compiler, the checker and the commands. \`‹name›\` stands for a value of the program, and
\`‹a | b›\` for one of two texts. \`fearless explain FL0006\` prints the page of a code.

${shown.join('\n')}`
}

function sectionOf({ title, about, of }: Section, messages: readonly Message[]): string {
  const groups = Map.groupBy(messages, message => of?.(message) ?? '')
  const shown = [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([heading, own]) => `${heading === '' ? '' : `### ${heading}\n\n`}${blockOf(own)}`)
  return `## ${title}\n\n${about === undefined ? '' : `${about}\n\n`}${shown.join('\n')}`
}

/** Returns the messages as a block of text, each once, and sorted, so that branches merge. */
export function blockOf(messages: readonly Message[]): string {
  const lines = new Set(messages.toSorted(byRoleAndText).map(lineOf))
  return `\`\`\`text\n${[...lines].join('\n')}\n\`\`\`\n`
}

function byRoleAndText(a: Message, b: Message): number {
  const [first, second] = [a, b].map(({ role }) => ROLES.indexOf(role))
  return first - second || (printed(a.template) < printed(b.template) ? -1 : 1)
}

function lineOf({ role, template }: Message): string {
  const text = printed(template)
    .replace(/^never: |\s+$/g, '')
    .replace(/(?<=.)\n\nUsage: [^]*$/, ' ‹usage›')
    .replaceAll(/\n(?=.)/g, '\n    ')
  return role === 'message' || role === 'part' ? text : `  ${role}: ${text}`
}
