/**
 * The rules that a message must keep: it states the failure and the repair in sentences, and the value that it got.
 *
 * A refusal of the compiler or the checker has the form of rustc's: its message is no sentence, and its help has the
 * repair.
 */
import { HIDDEN_SUBJECTS, PHRASES } from '../prose-words.ts'
import type { Catalogue, Message } from './collect.ts'
import { eachHole, printed, variantsOf } from './template.ts'

/** The messages that break a rule, by a part of their text, with the reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'check/src/rules/send.ts': 'the message is that of the type',
  'compiler/src/diagnostics/errors.ts': 'a CompileError has the texts of its refusals',
  'compiler/src/syntax/nesting.ts': 'the constructor of NestingError has its message',
  'memory/codec/report.ts': 'the message is that of an error of the program',
  'fearless/src/sync/using.ts': 'SuppressedError of JavaScript, whose first argument is an error',
  'An error was suppressed during disposal.': "JavaScript's own message, for a runtime without SuppressedError",
  'there is no encoded message': 'an assertion of the codec, which no program reaches',
  'not a short string': 'an assertion of the codec, which no program reaches',
  'ended while it booted': 'the cause of an EnvironmentError, which quotes it',
  'platform/boot.ts': 'the cause of an EnvironmentError, which quotes it',
  'platform/browser.ts': 'the cause of an EnvironmentError, or an error of the program',
  'the browser did not load the script of the worker': 'the cause of an EnvironmentError, which quotes it',
  'This worker has ended.': 'ends the code of a worker, and reaches no handler',
  '‹path›: ‹‹found›': 'the warning of the same file, after the path',
  'A worker of the model has ended.': 'ends a simulated thread, and is caught by the model',
  'ModelFailure ': 'the verdict, the trace, and the replay string',
  '✔ ‹name›': 'a success of `fearless model`',
  '‹Would change | Changed› ‹file›': 'a report of `fearless init`',
  'Everything is set up.': 'a success of `fearless init`',
  'Options are ‹KEYS›.': "the wording of the house's own rules; the options are the repair",
  ' ‹message›\n\nUsage: fearless check': 'the words of Node, then the usage',
  '‹path›: ‹text›': 'the message of the tombstone, after the path',
  '‹description› cannot be sent between threads. ‹': 'the repair is one of the parts below',
}

/** A sentence with a repair begins with one of these. */
const VERBS =
  'acquire add assign await build call catch change check choose clone compare complete compute continue convert copy ' +
  'correct create deploy do drop end export give hold import install join keep let load lock make map mark move name pass put raise read ' +
  'receive release remove replay report resolve return rethrow round run see send serve set share spawn split start take ' +
  'transfer transform ' +
  'use wait write'
const TO_DO = new RegExp(`^(?:Either |(?:If|For|To|In) [^,]+, )?(?:${VERBS.replaceAll(' ', '|')})\\b`, 'i')

/** Errors of JavaScript itself, for arguments of a wrong type. All others have a code. */
const ARGUMENT_ERRORS = /^(?:TypeError|RangeError)$/
/** Errors of the commands and build tools, whose texts are printed and whose classes no program catches. */
const COMMAND_ERRORS = /^(?:UsageError|ConfigError|StepsError|NestingError|ModelFailure)$/

/** Returns a complaint for each message that breaks a rule, and for each exception that no message needs. */
export function complaintsAbout({ messages, problems }: Catalogue): string[] {
  const used = new Set<string>()
  const complaints = problems.filter(problem => !isExcepted(problem, used))
  for (const message of messages) {
    const text = printed(message.template)
    for (const complaint of complaintsOf(message)) {
      if (!isExcepted(`${message.name ?? ''} ${text}`, used))
        complaints.push(`${message.file}:${message.line}: ${complaint}: ${text}`)
    }
  }
  for (const each of Object.keys(EXCEPTIONS))
    if (!used.has(each)) complaints.push(`no message needs this exception: ${each}`)
  return complaints
}

function isExcepted(text: string, used: Set<string>): boolean {
  const exception = Object.keys(EXCEPTIONS).find(each => text.includes(each))
  if (exception !== undefined) used.add(exception)
  return exception !== undefined
}

function* complaintsOf(message: Message): Generator<string> {
  const { kind, role, template } = message
  const texts = variantsOf(template)
  const says = (test: (text: string) => boolean): boolean => texts.some(test)
  const isProse = texts.some(text => / \w+ /.test(text))
  if (isProse && says(text => PHRASES.test(text) || ownWordsOf(text).search(HIDDEN_SUBJECTS) !== -1))
    yield 'a sentence has no subject, or says nothing'
  if (kind === 'refusal') yield* complaintsOfRefusal(role, says)
  if (kind === 'error' || kind === 'output') yield* complaintsOfSentences(message, texts)
}

function* complaintsOfRefusal(
  role: Message['role'],
  says: (test: (text: string) => boolean) => boolean,
): Generator<string> {
  if (says(text => /^[A-Z]/.test(text) || /[^.]\.$/.test(text))) yield `a ${role} has the form of a sentence`
  if (role === 'help' && says(text => text.trim() === '')) yield 'a help is empty'
}

function* complaintsOfSentences(
  { kind, name = '', code, template }: Message,
  texts: readonly string[],
): Generator<string> {
  if (kind === 'error' && code === undefined && !ARGUMENT_ERRORS.test(name) && !COMMAND_ERRORS.test(name))
    yield `a ${name} has no code`
  const saysSomething = texts.some(text => /\w \w/.test(ownWordsOf(text).split('\n')[0]))
  if (kind === 'output' && (!saysSomething || texts[0].startsWith('Usage: '))) return
  for (const text of texts) {
    const sentences = sentencesOf(text)
    if (!/^(?:[A-Z`"‹])/.test(sentences[0])) yield 'it does not begin with a capital letter'
    if (!sentences.at(-1)!.endsWith('.')) yield 'it does not end with a period'
    if (!sentences.slice(1).some(sentence => TO_DO.test(sentence))) yield 'it does not say what to do'
  }
  if (
    ARGUMENT_ERRORS.test(name) &&
    / (?:expects|must be|must not|holds) /.test(printed(template)) &&
    !/, got /.test(printed(template))
  )
    yield 'it does not name the value that it got'
  const holes: string[] = []
  eachHole(template, ({ source }, before) => {
    if (/ got (?:a |an )?$/.test(before)) holes.push(source)
  })
  if (holes.some(source => !/^(?:describe|JSON\.stringify)\(/.test(source)))
    yield 'the value that it got is not shown by `describe`'
}

/** Returns a text without the names of its values. */
const ownWordsOf = (text: string): string => text.replaceAll(/‹[^›]*›/g, '‹›')

/** Returns the sentences of a message, without the command's name, the error that follows, and the command's usage. */
function sentencesOf(text: string): string[] {
  const own = text
    .replace(/^fearless: /, '')
    .replace(/\n\n?(?:Usage:|‹|in |\n)[^]*$/, '')
    .trim()
  return own.split(/(?<=\.)\s+(?=[A-Z`"‹])/)
}
