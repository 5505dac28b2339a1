/**
 * The messages in the sources: errors, texts on the standard streams, refusals of the compiler and the checker, and
 * refusals by types.
 */
import { memberName, unwrap, type Node } from '../../packages/compiler/src/syntax/syntax.ts'
import { functionAround, propertyOf, walk, type Place, type SourceFile, type Sources } from './program.ts'
import { Texts, type Template } from './template.ts'

/** A `part` reaches a message through data, so its message is not known. */
type Kind = 'error' | 'output' | 'refusal' | 'type' | 'part'
/** The part of a refusal that a text is. */
type Role = 'message' | 'label' | 'note' | 'help' | 'part'

export interface Message {
  readonly file: string
  readonly line: number
  readonly kind: Kind
  /** The class of an error. */
  readonly name?: string | undefined
  /** The code of an error or of a refusal. */
  readonly code?: string | undefined
  readonly role: Role
  readonly template: Template
}

export interface Catalogue {
  readonly messages: readonly Message[]
  /** Places of messages that have no text which this program can read, or no help. */
  readonly problems: readonly string[]
}

/** Errors whose message is not the first argument. */
const MESSAGE_SECOND = /^(?:ClosureError|ModelError|ModelFailure|StepsError)$/
/** Functions of the compiler and the checker that make a label, with the argument that has the text. */
const LABELS: Readonly<Record<string, number>> = { label: 1, elsewhere: 2 }
/** Files whose errors only the library's own tests and models see, or that have the words of the engine. */
const INTERNAL = /^packages\/fearless\/src\/model\/(?:harness|drivers\/raw|simulated)/
/** Texts that are pages of their own (`fearless explain`), and tables of names. */
const NO_PARTS =
  /^packages\/(?:check\/src\/(?:messages|run-time-codes|flow\/|host\/)|compiler\/src\/analysis\/|fearless\/src\/(?:waits|par\/(?:loops|ops)\/))/

export function collect(sources: Sources): Catalogue {
  const collector = new Collector(sources)
  for (const file of sources.files) if (!INTERNAL.test(file.path)) collector.collect(file)
  for (const file of sources.files) if (!INTERNAL.test(file.path)) collector.collectParts(file)
  return collector
}

/** The properties of a message that its text does not change. */
type About = Pick<Message, 'kind' | 'role' | 'name' | 'code'>

class Collector implements Catalogue {
  readonly messages: Message[] = []
  readonly problems: string[] = []
  readonly #texts: Texts
  /** The codes of the classes of errors, and of the kinds of `ModelError`. */
  readonly #codes: ReadonlyMap<string, string>

  constructor(sources: Sources) {
    this.#texts = new Texts(sources)
    this.#codes = codesIn(sources)
  }

  collect(file: SourceFile): void {
    const isTool = !file.path.startsWith('packages/fearless/')
    for (const { node } of file.scopes.news) this.#addError(file, node)
    for (const { node } of file.scopes.calls) {
      this.#addOwnError(file, node)
      if (isTool) this.#addLabel(file, node)
      this.#addOutput(file, node)
    }
    walk(file.program, node => {
      if (isTool && node.type === 'ObjectExpression') this.#addRefusal(file, node)
      if (/^TS(?:Template)?LiteralType$/.test(node.type)) this.#addType(file, node)
    })
  }

  #addError(file: SourceFile, node: Node): void {
    const name = unwrap(node.callee).name as string | undefined
    if (name === undefined || !/(?:Error|Failure)$/.test(name) || node.arguments.length === 0) return
    const [first, second] = node.arguments as Node[]
    const code = this.#codes.get(name) ?? (first.type === 'Literal' ? codeOf(this.#codes, first) : undefined)
    const about: About = { kind: 'error', role: 'message', name, code }
    this.#add({ file, node: MESSAGE_SECOND.test(name) ? second : first }, about, true)
  }

  /** Adds the message of a class whose constructor has it. */
  #addOwnError(file: SourceFile, node: Node): void {
    if (node.callee.type !== 'Super' || node.arguments[0]?.type !== 'Literal') return
    let owner = node
    while (owner.type !== 'ClassDeclaration') owner = owner.parent!
    this.#add({ file, node: node.arguments[0] }, { kind: 'error', role: 'message', name: owner.id.name })
  }

  #addOutput(file: SourceFile, node: Node): void {
    const callee = unwrap(node.callee)
    if (callee.type !== 'MemberExpression') return
    const name = memberName(callee) ?? ''
    const object = file.text.slice(callee.object.start, callee.object.end)
    const prints =
      name === 'printError' ||
      (name === 'write' && /^process[.[]/.test(object)) ||
      (/^(?:error|log|warn)$/.test(name) && object.endsWith('console'))
    if (prints) this.#add({ file, node: node.arguments[0] }, { kind: 'output', role: 'message' })
  }

  #addLabel(file: SourceFile, node: Node): void {
    const { name } = unwrap(node.callee)
    const text: Node | undefined = Object.hasOwn(LABELS, name) ? node.arguments[LABELS[name]] : undefined
    if (text === undefined) return
    if (!isMadeByLabel(text)) this.#addPart({ file, node: text }, 'label')
  }

  /** Adds the texts of an object that is a refusal, a label or a help. */
  #addRefusal(file: SourceFile, node: Node): void {
    const of = (name: string): Node | undefined => propertyOf(node, name)
    const [message, at, start, text, help, notes] = ['message', 'at', 'start', 'text', 'help', 'notes'].map(of)
    if (message && at && !isPassedOn({ file, node: message })) {
      this.#addPart({ file, node: message }, 'message')
      if (help === undefined && !/\bhelp\b/.test(file.text.slice(node.start, node.end)))
        this.problems.push(`${nameOfPlace({ file, node })}: this refusal has no help`)
      if (help) this.#addPart({ file, node: help }, 'help')
    }
    if (notes)
      walk(notes, each => {
        if (each.type === 'ArrayExpression')
          for (const note of each.elements) this.#addPart({ file, node: note }, 'note')
      })
    const label = of('label')
    if (start && label && !isMadeByLabel(label)) this.#addPart({ file, node: label }, 'label')
    if (text && !start && !isPassedOn({ file, node: text }) && !/\/(?:host|report)\//.test(file.path))
      this.#addPart({ file, node: text }, 'help')
  }

  #addPart(place: Place, role: Role): void {
    const kind = role === 'part' ? 'part' : 'refusal'
    this.#add(place, { kind, role, code: codeAround(place) }, role === 'message')
  }

  #addType(file: SourceFile, node: Node): void {
    const literal: Node = node.literal ?? node
    const template: Template =
      literal.type === 'Literal'
        ? [String(literal.value)]
        : ((literal.quasis ?? []) as Node[]).flatMap((quasi, i) => {
            const type: Node | undefined = (literal.types ?? literal.expressions)[i]
            const text: string = quasi.value.cooked
            const source = type === undefined ? '' : file.text.slice(type.start, type.end)
            return type === undefined ? [text] : [text, { hole: source, source }]
          })
    if (template.some(part => typeof part === 'string' && / \w+ /.test(part) && !CASES.test(part)))
      this.#push({ file, node }, { kind: 'type', role: 'message' }, template)
  }

  /** Adds the texts that are part of no message so far. */
  collectParts(file: SourceFile): void {
    if (NO_PARTS.test(file.path)) return
    walk(file.program, node => {
      const isText = (node.type === 'Literal' && typeof node.value === 'string') || node.type === 'TemplateLiteral'
      if (!isText || this.#texts.read.has(node) || isNoMessage(node) || CASES.test(node.value)) return
      if (SEVERAL_WORDS.test(file.text.slice(node.start, node.end))) this.#addPart({ file, node }, 'part')
    })
  }

  #add(place: Place, about: About, mustHaveText = false): void {
    const templates = this.#texts.textsOf(place)
    for (const template of templates ?? []) this.#push(place, about, template)
    if (templates === undefined && mustHaveText)
      this.problems.push(`${nameOfPlace(place)}: the text of this message cannot be read`)
  }

  #push(place: Place, about: About, template: Template): void {
    const { file } = place
    this.messages.push({ ...about, file: file.path, line: file.lines.at(place.node.start).line, template })
  }
}

/** Names of cases, which no message contains. */
const CASES = /^(?:if Send|with, which keeps it)/
const SEVERAL_WORDS = /[a-z]\w* [a-z]\w* \w/

const nameOfPlace = ({ file, node }: Place): string => `${file.path}:${file.lines.at(node.start).line}`

/** Whether a text is one of another object, where it is collected. */
function isPassedOn({ file, node }: Place): boolean {
  if (node.type === 'MemberExpression') return true
  const parent = file.scopes.bindingOf(node)?.id.parent
  return parent?.type === 'Property' && parent.parent?.type === 'ObjectPattern'
}

/** Whether a text is a parameter of a function that makes labels, which is collected at the function's calls. */
function isMadeByLabel(text: Node): boolean {
  const around = functionAround(text)
  const name: string | undefined = around?.id?.name ?? around?.parent?.id?.name
  return text.type === 'Identifier' && Object.hasOwn(LABELS, name ?? '')
}

/** Whether a text is a list of names, generated code, a type, or the page of a rule. */
function isNoMessage(text: Node): boolean {
  for (let at = text; at.parent !== undefined; at = at.parent) {
    const { parent } = at
    if (parent.type.startsWith('TS') && parent.type !== 'TSAsExpression') return true
    if (parent.type === 'MemberExpression' && memberName(parent) === 'split') return true
    if (parent.type === 'Property' && /^(?:page|title)$/.test(parent.key.name ?? '')) return true
  }
  return text.parent === undefined
}

/** Returns the code of the refusal that contains a node: its own, or the one of the file's rule. */
function codeAround({ file, node }: Place): string | undefined {
  for (let at: Node | undefined = node; at !== undefined; at = at.parent) {
    const code = at.type === 'ObjectExpression' ? propertyOf(at, 'code') : undefined
    if (code?.type === 'Literal') return code.value as string
  }
  return file.path.includes('/rules/') ? /^ {2}code: '(\w+)',$/m.exec(file.text)?.[1] : undefined
}

/** Returns the codes of the classes of errors and, for `ModelError`, of its kinds. */
function codesIn(sources: Sources): ReadonlyMap<string, string> {
  const codes = new Map<string, string>()
  for (const { path, program } of sources.files) {
    if (!/\/(?:errors|error)\.ts$/.test(path)) continue
    walk(program, node => {
      const { value } = node
      const isCode = value?.type === 'Literal' && /^FL\d{4}$/.test(String(value.value))
      if (!isCode) return
      if (node.type === 'PropertyDefinition' && node.key.name === 'code')
        codes.set(node.parent!.parent!.id.name, value.value)
      else if (node.type === 'Property') codes.set(`kind ${node.key.name ?? node.key.value}`, value.value)
    })
  }
  return codes
}

/** Returns the code that an error's first argument gives: a code, or a kind of `ModelError`. */
const codeOf = (codes: ReadonlyMap<string, string>, { value }: Node): string | undefined =>
  /^FL\d{4}$/.test(String(value)) ? String(value) : codes.get(`kind ${value}`)
