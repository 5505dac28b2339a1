/**
 * Tests hovers: a value's type is shown as a name, and not as its definition.
 *
 * In `fixtures/hover/`, `// ^? text` under a line is the text that an editor must show at the caret. The test uses the
 * interfaces that editors use: the language service of 5.9 and 6.0, and the language server of 7.0.
 */
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { type Version, VERSIONS, fixtures, packageOf } from './compilers.ts'
import { LanguageServer } from './language-server.ts'

interface Question {
  line: number
  column: number
  answer: string
}

type Hover = (question: Question) => Promise<string>

const limit = { timeout: 120_000 }
const require = createRequire(import.meta.url)

function questionsOf(text: string): Question[] {
  const lines = text.split('\n')
  return lines.flatMap((line, at) => {
    const found = /^\/\/ *\^\? (.*)$/.exec(line)
    return found ? [{ line: at - 1, column: line.indexOf('^'), answer: found[1]! }] : []
  })
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()

function languageService(version: Version, file: string): Hover {
  const ts = require(packageOf(version)) as typeof import('typescript-5.9')
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} }
  const config = ts.getParsedCommandLineOfConfigFile(`${fixtures}tsconfig.json`, {}, host)
  assert.ok(config)
  const service = ts.createLanguageService({
    getCompilationSettings: () => config.options,
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot: name => {
      const text = ts.sys.readFile(name)
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
    },
    getCurrentDirectory: () => fixtures,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
  })
  const source = service.getProgram()!.getSourceFile(file)!
  return async ({ line, column }) => {
    const info = service.getQuickInfoAtPosition(file, source.getPositionOfLineAndCharacter(line, column))
    return ts.displayPartsToString(info?.displayParts)
  }
}

for (const version of VERSIONS) {
  for (const name of readdirSync(`${fixtures}hover`)) {
    test(`hovers of ${name} in TypeScript ${version}`, limit, async () => {
      const file = `${fixtures}hover/${name}`
      const text = readFileSync(file, 'utf8')
      using server = version === '7.0' ? new LanguageServer(`${packageOf(version)}bin/tsc`) : undefined
      const hover = server ? await server.open(file, text) : languageService(version, file)
      const questions = questionsOf(text)
      assert.ok(questions.length > 0)
      const answers: string[] = []
      for (const question of questions) answers.push(oneLine(await hover(question)))
      assert.deepEqual(
        answers,
        questions.map(({ answer }) => answer),
      )
    })
  }
}
