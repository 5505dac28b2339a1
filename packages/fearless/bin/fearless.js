#!/usr/bin/env node
/**
 * The `fearless` command: hands each subcommand to the package that implements it, and says what to install where that
 * package is missing. Plain JavaScript that any Node can start, so that an old one gets a sentence and not a stack.
 *
 * Where the program has an installation of its own, that one's command runs: two libraries in one process are two heaps.
 */
import { existsSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const COMMANDS = {
  init: {
    from: '@fearless/compiler/cli',
    package: '@fearless/compiler',
    says: 'set up the project in this folder',
  },
  run: {
    from: '@fearless/compiler/cli',
    package: '@fearless/compiler',
    says: 'run a program whose closures may cross threads',
  },
  check: {
    from: '@fearless/check/cli',
    package: '@fearless/check',
    says: 'refuse code that could race, before it runs',
  },
  explain: {
    from: '@fearless/check/cli',
    package: '@fearless/check',
    says: 'explain the code of a refusal',
  },
  lsp: {
    from: '@fearless/check/cli',
    package: '@fearless/check',
    says: 'a language server: refusals while you type',
  },
  model: {
    from: 'fearless/model/cli',
    package: 'fearless',
    says: 'run programs in every interleaving of their threads',
  },
}

const HELP = `Usage: fearless <command> [arguments]

Commands:
${Object.entries(COMMANDS)
  .map(([name, { says }]) => `  ${name.padEnd(8)} ${says}`)
  .join('\n')}

  fearless <command> --help   says more
  fearless --version
`

const local = installedHere()
if (local === undefined) process.exitCode = await main(process.argv.slice(2))
else await import(pathToFileURL(local).href)

/** The command of the installation that programs in this folder use, if it is another one. */
function installedHere() {
  try {
    const manifest = createRequire(join(process.cwd(), 'program.js')).resolve('fearless/package.json')
    const folder = realpathSync(dirname(manifest))
    const command = join(folder, 'bin', 'fearless.js')
    return folder !== realpathSync(fileURLToPath(new URL('..', import.meta.url))) && existsSync(command)
      ? command
      : undefined
  } catch {
    return undefined
  }
}

async function main([name, ...args]) {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 22 || (major === 22 && minor < 15)) {
    return fail(
      `Node 22.15 or newer is needed, got Node ${process.versions.node}. Install a newer Node, and run the command again.`,
    )
  }
  if (name === '--version' || name === '-v') {
    const { default: own } = await import('../package.json', { with: { type: 'json' } })
    process.stdout.write(`${own.version}\n`)
    return 0
  }
  if (name === undefined || name === '--help' || name === '-h') {
    process.stdout.write(HELP)
    return name === undefined ? 2 : 0
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined) return fail(`There is no command \`${name}\`. Choose one of these.\n\n${HELP}`)
  let module
  try {
    module = await import(command.from)
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
    return fail(
      `\`fearless ${name}\` is part of ${command.package}. Install it: \`npm install --save-dev ${command.package}\`.`,
    )
  }
  if (name !== 'run') process.stdout.on('error', endWithReader)
  return module[name](args)
}

/** Whoever reads what is printed has seen enough: `fearless check | head`. */
function endWithReader(error) {
  if (error.code !== 'EPIPE') throw error
  process.exit()
}

function fail(text) {
  process.stderr.write(`fearless: ${text}\n`)
  return 2
}
