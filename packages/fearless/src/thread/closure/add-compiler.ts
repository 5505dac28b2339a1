/**
 * The repair for a closure that no compiler has read: the line that adds the compiler, in the words of the tool that
 * runs the program. docs/where.md has the same lines.
 */
import { platform } from '#platform'
import { locationOfCaller } from '../../memory/creation-sites.ts'
import type { StartKind } from '../../platform/start.ts'

const MAKE_MODULE =
  'Make the file an ES module (`.mjs`, `.mts`, or `"type": "module"` in package.json) and run it by `npx fearless run`, ' +
  'or pass all values as arguments: `thread.spawn(data => ..., data)`.'

/** Returns the repair for a program that runs without the compiler. `caller` is a location in the program. */
export function addCompiler(caller: string = locationOfCaller()): string {
  const start = platform.start?.(caller)
  if (start === undefined) return 'Add `plugins: [fearless()]` from `@fearless/compiler/vite` to vite.config.'
  const { kind, file, hasCompiler } = start
  if (kind === 'modules')
    return `Run \`${hasCompiler ? '' : 'npm install @fearless/compiler && '}npx fearless run ${file}\`.`
  return `${hasCompiler ? '' : 'Run `npm install @fearless/compiler` first. '}${lineOf(kind, file)}`
}

function lineOf(kind: Exclude<StartKind, 'modules'>, file: string): string {
  switch (kind) {
    case 'bun':
      return `Run \`bun --preload @fearless/compiler/bun ${file}\`.`
    case 'deno':
      return `Run \`deno run --allow-all --preload npm:@fearless/compiler/register ${file}\`.`
    case 'vitest':
      return 'Add `plugins: [fearless()]` from `@fearless/compiler/vite` to vitest.config.'
    case 'jest':
      return "Set `transform: { '^.+\\\\.[jt]sx?$': ['@fearless/compiler/jest', { then: '@swc/jest' }] }` in jest.config."
    case 'next':
      return (
        'Add `config.plugins.push(fearless())` from `@fearless/compiler/webpack` to `webpack` in next.config, ' +
        'and build with `next build --webpack`.'
      )
    case 'webpack':
      return 'Add `plugins: [fearless()]` from `@fearless/compiler/webpack` or `/rspack` to the configuration.'
    case 'bundle':
      return (
        'Add the plugin `fearless()` from `@fearless/compiler/vite`, `/rollup`, `/rolldown` or `/esbuild` ' +
        'to the configuration of the bundler.'
      )
    case 'text':
      return 'Write the program to a file, and run `npx fearless run app.ts`.'
    case 'commonjs':
      return MAKE_MODULE
  }
}

/** Returns the repair where a compiler runs, but has not read the file of a `move(...)` or `closure(...)`. */
export function showToCompiler(): string {
  const start = platform.start?.(locationOfCaller())
  switch (start?.kind) {
    case 'jest':
      return 'Change `transformIgnorePatterns` and the pattern under `transform` in jest.config so that they admit the file.'
    case 'text':
      return 'Write the program to a file, and run `npx fearless run app.ts`.'
    case 'commonjs':
      return MAKE_MODULE
    default:
      return (
        "Import the functions in that file by `import { closure, move } from 'fearless'`, " +
        'and import the file after the compiler has started.'
      )
  }
}

/** Whether no compiler reads the text that called the library: the load hook reads the files of modules only. */
export function isCallerUnreadable(): boolean {
  const kind = platform.start?.(locationOfCaller()).kind
  return kind === 'commonjs' || kind === 'text'
}
