/**
 * Transforms functions that make steps on shared memory into generators, for `fearless/model`.
 *
 * The generators yield only if the model switches to another thread. So a switch costs 40 ns, and no code runs twice.
 *
 *   Atomics.load(n, 0)            ($.load(n, 0) || (yield), $.x())
 *   thread.spawn(() => f(n))      ($.spawn(function* () { return ($.call(f(n)) || (yield), $.x()) }) || ...
 *   f(n)                          ($.call(f(n)) || (yield), $.x())
 *
 * The supported subset is functions that call each other by name. A function that makes steps and is called by other
 * code (a callback of `map`, a method, a getter) cannot be a generator, and is refused.
 */
import { analyse } from '../analysis/names.ts'
import { Edits, applyEdits } from '../syntax/edits.ts'
import type { Binding, Scopes } from '../syntax/scope.ts'
import { LambdaLifting, functionOf } from './steps-lift.ts'
import { stripTypes } from '../emit/strip.ts'
import { children, isFunctionLiteral, memberName, parse, unwrap, type Node } from '../syntax/syntax.ts'

export interface StepsOptions {
  /** The module from which the transformed file imports `$`. */
  readonly model: string
  /**
   * A module whose functions are steps, and the names of these functions: the core's memory access. All functions of
   * the file are then generators, and all its imports from other files are assumed to be.
   */
  readonly words?: { readonly from: string; readonly steps: readonly string[] }
}

/** The functions of `Atomics` that are steps. Others (`isLockFree`) are called directly. */
const ATOMICS = new Set('load store exchange compareExchange add sub and or xor notify wait pause'.split(' '))

/** A program outside of the subset, with the position and the repair. */
export class StepsError extends Error {
  override readonly name = 'StepsError'
  readonly start: number
  constructor(start: number, message: string) {
    super(message)
    this.start = start
  }
}

/**
 * Returns the file as JavaScript whose threads are generators. Throws a `StepsError` if the file is outside of the
 * subset.
 */
export function toSteps(url: string, source: string, options: StepsOptions): string {
  const text = javaScriptOf(url, source)
  const { program } = parse('file.js', text)!
  const edits = new Edits()
  const steps = new Steps(text, program, options)
  steps.write(program, edits)
  const names = options.words === undefined ? '$' : '$words as $'
  const changed = applyEdits(text, 0, text.length, edits.all)
  return `${changed}\nimport { ${names} } from ${JSON.stringify(options.model)}${steps.lifting.declaration}\n`
}

/** Returns the text without its types. Every line stays in place. */
function javaScriptOf(url: string, source: string): string {
  const parsed = parse(url, source)
  if (parsed === undefined) throw new StepsError(0, `${url} has a syntax error. Correct it first.`)
  const edits = new Edits()
  if (!stripTypes(parsed.text, parsed.program, edits)) {
    throw new StepsError(0, `${url} contains TypeScript that has no equivalent in JavaScript. Remove it.`)
  }
  return applyEdits(parsed.text, 0, parsed.text.length, edits.all)
}

class Steps {
  readonly #text: string
  readonly #scopes: Scopes
  readonly #options: StepsOptions
  readonly #functions: Node[] = []
  /** Functions that make steps, or call one that does. */
  readonly #stepping = new Set<Node>()
  readonly #calls: { node: Node; inside: Node | undefined }[] = []
  readonly lifting: LambdaLifting

  constructor(text: string, program: Node, options: StepsOptions) {
    this.#text = text
    this.#scopes = analyse(program)
    this.#options = options
    this.#collect(program, undefined)
    if (options.words !== undefined) for (const f of this.#functions) this.#stepping.add(f)
    for (let size = -1; size !== this.#stepping.size;) {
      size = this.#stepping.size
      for (const { node, inside } of this.#calls) {
        if (inside !== undefined && this.#changes(node)) this.#stepping.add(inside)
      }
    }
    for (const f of this.#stepping) this.#check(f)
    this.#checkUses()
    this.lifting = new LambdaLifting(this.#scopes, this.#stepping, this.#rewritten(), call => this.#bodyOf(call))
  }

  #collect(node: Node, inside: Node | undefined): void {
    if (node.type === 'CallExpression') this.#calls.push({ node, inside })
    const isFunction = isFunctionLiteral(node) || node.type === 'FunctionDeclaration'
    if (isFunction) this.#functions.push(node)
    children(node, child => this.#collect(child, isFunction ? node : inside))
  }

  /** The names at the start of steps, which are replaced together with the steps. */
  #rewritten(): ReadonlySet<Node> {
    const names = new Set<Node>()
    for (const { node } of this.#calls) {
      const step = this.#stepOf(node)
      if (step === undefined || step === 'join') continue
      const callee = unwrap(node.callee)
      names.add(callee.type === 'MemberExpression' ? unwrap(callee.object) : callee)
    }
    return names
  }

  #changes(call: Node): boolean {
    return this.#stepOf(call) !== undefined || this.#callsStepping(call)
  }

  /** Returns the name of the step that a call makes, or undefined. */
  #stepOf(call: Node): string | undefined {
    const callee = unwrap(call.callee)
    if (callee.type === 'Identifier') {
      const { words } = this.#options
      const binding = this.#scopes.bindingOf(callee)
      if (words === undefined || binding === undefined || importedFrom(binding) !== words.from) return undefined
      return words.steps.includes(callee.name) ? callee.name : undefined
    }
    if (callee.type !== 'MemberExpression') return undefined
    const object = unwrap(callee.object)
    const name = memberName(callee)
    if (name === undefined) return undefined
    if (object.type === 'Identifier' && object.name === 'Atomics') return ATOMICS.has(name) ? name : undefined
    if (object.type === 'Identifier' && object.name === 'thread') return name === 'spawn' ? name : undefined
    return name === 'join' && call.arguments.length === 0 ? name : undefined
  }

  #callsStepping(call: Node): boolean {
    const callee = unwrap(call.callee)
    const binding = callee.type === 'Identifier' ? this.#scopes.bindingOf(callee) : undefined
    if (binding === undefined) return false
    if (binding.kind === 'import') return this.#isImportedStep(binding)
    const f = functionOf(binding)
    return f !== undefined && this.#stepping.has(f)
  }

  /** Returns true if a name refers to a generator of another file. */
  #isImportedStep(binding: Binding): boolean {
    const { words } = this.#options
    return words !== undefined && binding.kind === 'import' && importedFrom(binding) !== words.from
  }

  #check(f: Node): void {
    if (f.async === true || f.generator === true) {
      throw new StepsError(
        f.start,
        `${f.async === true ? 'An async function' : 'A generator'} makes a step. Run the model without generators.`,
      )
    }
    if (isFunctionLiteral(f) && !isKnownPlace(f)) {
      throw new StepsError(
        f.start,
        'A callback makes a step, and its caller cannot yield. Write a loop, or run the model without generators.',
      )
    }
  }

  /**
   * A function that makes steps may be called by name or be a thread's body. If it is used as a value, its callers are
   * unknown.
   */
  #checkUses(): void {
    for (const { node, binding } of this.#scopes.references) {
      const f = binding === undefined ? undefined : functionOf(binding)
      if (f === undefined || !this.#stepping.has(f)) continue
      const parent = outside(node)
      if (parent.type === 'CallExpression' && (unwrap(parent.callee) === node || isSpawn(parent))) continue
      if (parent.type === 'ExportSpecifier') continue
      throw new StepsError(node.start, `\`${node.name}\` makes a step and is used as a value. Call it by its name.`)
    }
  }

  /** Writes the new text of a node, outer edits first: at the same position the outer text comes first. */
  write(node: Node, edits: Edits): void {
    if (node.type === 'ExpressionStatement' && this.#beginsWithChange(node)) edits.insert(node.start, 'void 0, ')
    if (this.#stepping.has(node)) return this.#writeFunction(node, edits)
    if (node.type !== 'CallExpression') return children(node, child => this.write(child, edits))
    const step = this.#stepOf(node)
    if (step === 'join') {
      const { object } = unwrap(node.callee)
      edits.insert(node.start, '($.join(')
      this.write(object, edits)
      edits.replace(object.end, node.end, ') || (yield), $.x())')
    } else if (step !== undefined) {
      edits.replace(node.callee.start, node.callee.end, `($.${step}`)
      for (const argument of node.arguments) {
        if (step === 'spawn' && argument === node.arguments[0]) this.#writeBody(argument, edits)
        else this.write(argument, edits)
      }
      edits.insert(node.end, ' || (yield), $.x())')
    } else if (this.#callsStepping(node)) {
      edits.insert(node.start, '($.call(')
      this.#writeCall(node, edits)
      edits.insert(node.end, ') || (yield), $.x())')
    } else children(node, child => this.write(child, edits))
  }

  /** Writes a call of a function by its name; the function may be lifted. */
  #writeCall(call: Node, edits: Edits): void {
    const f = functionOf(this.#scopes.bindingOf(unwrap(call.callee))!)
    const keeper = f === undefined ? undefined : this.lifting.keeperOf(f)
    if (keeper === undefined) return children(call, child => this.write(child, edits))
    edits.insert(call.callee.start, `(${keeper} ??= `)
    edits.insert(call.callee.end, ')')
    const captures = this.lifting.capturesOf(f!)
    const first = call.arguments.at(0)
    if (captures.length > 0 && first !== undefined) edits.insert(first.start, `${captures.join(', ')}, `)
    for (const argument of call.arguments) this.write(argument, edits)
    if (captures.length > 0 && first === undefined) edits.insert(call.end - 1, captures.join(', '))
  }

  /**
   * Returns the function literal that a spawn call takes as its body, unless the literal only forwards to another call.
   */
  #bodyOf(call: Node): Node | undefined {
    const body = isSpawn(call) && call.arguments.length > 0 ? unwrap(call.arguments[0]) : undefined
    return body !== undefined && isFunctionLiteral(body) && !this.#forwardedBy(body) ? body : undefined
  }

  /** Returns the only call in a thread's body, whose frame then is the thread's: `() => f(n)`. */
  #forwardedBy(body: Node): Node | undefined {
    if (body.type !== 'ArrowFunctionExpression' || body.params.length > 0) return undefined
    const call = unwrap(body.body)
    if (call.type !== 'CallExpression' || this.#stepOf(call) !== undefined || !this.#callsStepping(call))
      return undefined
    const others = this.#calls.filter(({ node, inside }) => inside === body && node !== call)
    return others.some(({ node }) => this.#changes(node)) ? undefined : call
  }

  /** Writes the body of a thread. */
  #writeBody(body: Node, edits: Edits): void {
    const value = unwrap(body)
    const forwarded = this.#forwardedBy(value)
    if (forwarded !== undefined) return this.#writeCall(forwarded, edits)
    const binding = value.type === 'Identifier' ? this.#scopes.bindingOf(value) : undefined
    const f = binding === undefined ? value : functionOf(binding)
    const keeper = f === undefined ? undefined : this.lifting.keeperOf(f)
    if (keeper !== undefined) {
      edits.insert(body.start, `() => (${keeper} ??= `)
      this.write(body, edits)
      edits.insert(body.end, `)(${this.lifting.capturesOf(f!).join(', ')})`)
    } else if ((f !== undefined && this.#stepping.has(f)) || (binding !== undefined && this.#isImportedStep(binding))) {
      this.write(body, edits)
    } else {
      edits.insert(body.start, '$.still(')
      this.write(body, edits)
      edits.insert(body.end, ')')
    }
  }

  /** Returns true if the new statement would begin with a parenthesis, which could continue the previous line. */
  #beginsWithChange(statement: Node): boolean {
    return this.#calls.some(({ node }) => node.start === statement.start && this.#changes(node))
  }

  #writeFunction(f: Node, edits: Edits): void {
    const captures = this.lifting.capturesOf(f).join(', ')
    const first = f.params.at(0)
    const taken = captures === '' || first === undefined ? captures : `${captures}, `
    if (f.type !== 'ArrowFunctionExpression') {
      if (f.parent?.type === 'Property' && f.parent.method === true) edits.insert(f.parent.key.start, '*')
      else edits.insert(f.start + 'function'.length, '*')
      const from = first?.start ?? this.#text.indexOf('(', f.id?.end ?? f.start) + 1
      if (taken !== '') edits.insert(from, taken)
      return children(f, child => this.write(child, edits))
    }
    const bare = first?.start === f.start
    edits.insert(f.start, bare ? `function* (${taken}` : 'function* ')
    if (!bare && taken !== '') edits.insert(first?.start ?? this.#text.indexOf('(', f.start) + 1, taken)
    for (const parameter of f.params) this.write(parameter, edits)
    const from = f.params.at(-1)?.end ?? f.start
    const arrow = from + this.#text.slice(from, f.body.start).lastIndexOf('=>')
    edits.replace(arrow, arrow + 2, bare ? ')' : ' ')
    if (f.body.type === 'BlockStatement') return this.write(f.body, edits)
    edits.insert(f.body.start, '{ return (')
    this.write(f.body, edits)
    edits.insert(f.end, ') }')
  }
}

/**
 * Returns true if the callers of a function literal are known: it is a thread's body, a named function, or a program.
 */
function isKnownPlace(f: Node): boolean {
  const parent = outside(f)
  if (parent.type === 'CallExpression') return isSpawn(parent) || unwrap(parent.callee).name === 'model'
  return KNOWN.has(parent.type)
}

const KNOWN = new Set(['VariableDeclarator', 'Property', 'ReturnStatement', 'ArrowFunctionExpression'])

function isSpawn(call: Node): boolean {
  const callee = unwrap(call.callee)
  return callee.type === 'MemberExpression' && unwrap(callee.object).name === 'thread' && memberName(callee) === 'spawn'
}

function importedFrom(binding: Binding): string | undefined {
  return binding.kind === 'import' ? binding.declaration.source.value : undefined
}

/** Returns the parent of an expression, without parentheses. */
function outside(node: Node): Node {
  let parent = node.parent!
  while (parent.type === 'ParenthesizedExpression') parent = parent.parent!
  return parent
}
