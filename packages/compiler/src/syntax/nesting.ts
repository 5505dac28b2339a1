/**
 * Measures the nesting depth of a text before a parser reads it.
 *
 * The native parser recurses on the stack of its thread, and an overflow there ends the process. On a worker's 4 MB,
 * classes with a method overflow first, at 1,197 levels; functions at 1,746, templates at 2,053, `else if` at 3,337,
 * unary operators at 13,576 (`nesting.test.ts` measures each kind of nesting in separate processes).
 *
 * 1. A level counts at least as much as the parser takes for it: a bracket 32, a construct that nests to the right
 *    without a bracket 16, an operator 4, `|` 2.
 * 2. A sequence does not add up: `;`, `,`, a closing bracket and the end of a line end a nesting without brackets.
 * 3. If the scan and the parser disagree on a text (a regular expression, JSX), the count may be wrong by a few levels,
 *    never by a factor.
 */

export const mentionsLibrary = (source: string): boolean => /['"]fearless(?:\/[\w-]+)?['"]/.test(source)

/** Thrown for a text that could overflow the parser's stack. */
export class NestingError extends RangeError {
  /** The offset at which the text exceeds the limit. */
  readonly at: number

  constructor(at: number) {
    super('This file is nested too deeply to be read. Split its deepest expression into several statements.')
    this.at = at
  }
}

const BRACKET = 32
const BRANCH = 16
const ELEMENT = 8
const OPERATOR = 4
/** 1,000 brackets, 2,000 `else if`, 8,000 operators: half of the depth that overflows the stack of a worker. */
const LIMIT = 32_000

/** Words that nest to the right. */
const BRANCHES = new Set(['if', 'for', 'while', 'do', 'with', 'new', 'yield'])
/** Words that are operators, or that an operand follows. */
const OPERATORS = new Set(
  'await typeof void delete keyof readonly unique infer in instanceof as satisfies of extends is implements'.split(' '),
)
const BEFORE_OPERAND = new Set('return case else throw default export import const let var'.split(' '))
/** Words that continue the previous token, even on the next line. */
const GOING_ON = new Set('else catch finally in of instanceof as satisfies extends implements is from'.split(' '))
/** Words whose parentheses are not an operand. */
const HEADERS = new Set(['if', 'for', 'while', 'with'])

/** The brackets around the current position, and the nesting without brackets inside each. */
interface Frame {
  readonly opener: string
  readonly isHeader: boolean
  chain: number
  /** The number of unclosed `<` of type arguments. */
  angles: number
}

const WORD = /[\w$\u0080-\uffff]+/y
const REGEXP = /\/(?![*/])(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/y
const STRING = /'(?:[^'\\\n]|\\[^])*'|"(?:[^"\\\n]|\\[^])*"/y

/**
 * Returns true if an error reports a text that is nested too deeply, for the parser or for code that walks over its
 * tree.
 */
export const isTooDeep = (error: unknown): error is RangeError =>
  error instanceof NestingError || (error instanceof RangeError && error.message.includes('call stack'))

/** Throws a `NestingError` for a text that is nested too deeply. */
export function refuseDeepNesting(text: string, hasElements: boolean): void {
  // In a short text each character may be a level.
  if (text.length * BRACKET > LIMIT) new Scan(text, hasElements).run()
}

class Scan {
  readonly #text: string
  readonly #hasElements: boolean
  readonly #frames: Frame[] = []
  #frame: Frame = { opener: '', isHeader: false, chain: 0, angles: 0 }
  #at = 0
  #level = 0
  #elements = 0
  /** True if the last token ends an operand. */
  #isOperand = false
  #isBlockEnd = false
  #isNewLine = false
  #word = ''

  constructor(text: string, hasElements: boolean) {
    this.#text = text
    this.#hasElements = hasElements
  }

  run(): void {
    while (this.#at < this.#text.length) this.#token()
  }

  #token(): void {
    const text = this.#text
    const char = text[this.#at]!
    switch (char) {
      case '\n':
        this.#isNewLine = true
        this.#at++
        return
      case ' ':
      case '\t':
      case '\r':
        this.#at++
        return
      case '(':
      case '[':
      case '{':
        return this.#open(char)
      case ')':
      case ']':
      case '}':
        return this.#close(char)
      case ';':
      case ',':
        this.#end()
        return this.#after(false)
      case '"':
      case "'":
        return this.#string()
      case '`':
        this.#begin()
        this.#add(OPERATOR)
        this.#at++
        return this.#template()
      case '/':
        return this.#slash()
      case '<':
        return this.#less()
      case '>':
        if (this.#frame.angles === 0) return this.#after(false)
        this.#frame.angles--
        this.#add(-BRACKET)
        return this.#after(true)
      case '=':
        return this.#equals()
      case ':':
        this.#add(BRANCH)
        return this.#after(false)
      case '+':
      case '-':
        this.#add(OPERATOR)
        if (text[this.#at + 1] !== char) return this.#after(false)
        this.#at += 2
        return
    }
    WORD.lastIndex = this.#at
    const word = WORD.exec(text)?.[0]
    if (word !== undefined) return this.#named(word)
    // A parser has the parts of a union type in one list.
    if (char !== '@' && char !== '#') this.#add(char === '|' ? OPERATOR / 2 : OPERATOR)
    this.#after(false)
  }

  #named(word: string): void {
    if (!GOING_ON.has(word)) this.#begin()
    if (BRANCHES.has(word)) this.#add(BRANCH)
    else if (OPERATORS.has(word)) this.#add(OPERATOR)
    this.#at += word.length - 1
    this.#after(!BRANCHES.has(word) && !OPERATORS.has(word) && !BEFORE_OPERAND.has(word))
    this.#word = word
  }

  /** Handles a token that may begin a statement. */
  #begin(): void {
    if (this.#isBlockEnd || (this.#isNewLine && this.#isOperand)) this.#end()
  }

  /** Ends the nesting without brackets. */
  #end(): void {
    this.#level -= this.#frame.chain
    this.#frame.chain = 0
    this.#frame.angles = 0
  }

  #after(isOperand: boolean): void {
    this.#at++
    this.#isOperand = isOperand
    this.#isBlockEnd = false
    this.#isNewLine = false
    this.#word = ''
  }

  #add(weight: number): void {
    this.#frame.chain += weight
    this.#level += weight
    if (this.#level + this.#elements * ELEMENT > LIMIT) throw new NestingError(this.#at)
  }

  #open(opener: string): void {
    // A call, or an element access: `a()()`, `a[0][0]`.
    if (opener !== '{') this.#add(OPERATOR)
    this.#frames.push(this.#frame)
    this.#frame = { opener, isHeader: opener === '(' && HEADERS.has(this.#word), chain: 0, angles: 0 }
    this.#add(BRACKET)
    this.#after(false)
  }

  #close(closer: string): void {
    const { opener, isHeader } = this.#frame
    this.#end()
    this.#frame = this.#frames.pop() ?? { opener: '', isHeader: false, chain: 0, angles: 0 }
    this.#after(!isHeader)
    this.#isBlockEnd = closer === '}'
    if (opener === '`') this.#template()
  }

  /** Scans a template, or the rest of one, from behind its start. */
  #template(): void {
    const text = this.#text
    for (; this.#at < text.length; this.#at++) {
      const char = text[this.#at]
      if (char === '\\') this.#at++
      else if (char === '`') return this.#after(true)
      else if (char === '$' && text[this.#at + 1] === '{') {
        this.#frames.push(this.#frame)
        this.#frame = { opener: '`', isHeader: false, chain: 0, angles: 0 }
        this.#add(BRACKET)
        this.#at++
        return this.#after(false)
      }
    }
  }

  #string(): void {
    this.#begin()
    STRING.lastIndex = this.#at
    // An apostrophe in the text of an element does not begin a string.
    this.#at += (STRING.exec(this.#text)?.[0].length ?? 1) - 1
    this.#after(true)
  }

  #slash(): void {
    const next = this.#text[this.#at + 1]
    if (next === '/' || next === '*') {
      const end = this.#text.indexOf(next === '/' ? '\n' : '*/', this.#at + 2)
      this.#at = end === -1 ? this.#text.length : next === '/' ? end : end + 2
      return
    }
    if (next === '>' && this.#elements > 0) {
      this.#elements--
      this.#at++
      return this.#after(true)
    }
    REGEXP.lastIndex = this.#at
    const regexp = this.#isOperand ? undefined : REGEXP.exec(this.#text)?.[0]
    if (regexp === undefined) this.#add(OPERATOR)
    else this.#at += regexp.length - 1
    this.#after(regexp !== undefined)
  }

  #less(): void {
    const next = this.#text[this.#at + 1] ?? ''
    if (this.#hasElements && next === '/') {
      if (this.#elements > 0) this.#elements--
      this.#at++
    } else if (this.#hasElements && !this.#isOperand && /[\w$>]/.test(next)) {
      this.#elements++
      this.#add(OPERATOR)
    } else if (/[\s=]/.test(next)) this.#add(OPERATOR)
    else {
      this.#frame.angles++
      this.#add(BRACKET + OPERATOR)
    }
    this.#after(false)
  }

  #equals(): void {
    const next = this.#text[this.#at + 1]
    if (next === '>' || next !== '=') this.#add(BRANCH)
    else this.#add(OPERATOR)
    while (/[=>]/.test(this.#text[this.#at + 1] ?? '')) this.#at++
    this.#after(false)
  }
}
