/**
 * The catalogue of messages: reads every message from the sources, and compares them with docs/messages.md.
 *
 *   node scripts/messages.ts [--write] [--list] [--help]
 *
 * `--write` writes the page, and the pages of the codes that `fearless explain` prints. `--list` prints each message
 * with its place. The exit code is 1 if a page is not that of the sources, or if a message breaks a rule
 * (messages/rules.ts).
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runTimeCodes } from './messages/codes.ts'
import { collect, type Catalogue } from './messages/collect.ts'
import { pageOf } from './messages/page.ts'
import { Sources } from './messages/program.ts'
import { complaintsAbout } from './messages/rules.ts'
import { printed } from './messages/template.ts'
import { root } from './runtimes.ts'

/** A file that is written from the catalogue. */
interface Written {
  readonly path: string
  readonly text: string
}

export interface Messages {
  readonly sources: Sources
  readonly catalogue: Catalogue
  readonly written: readonly Written[]
}

export function readMessages(): Messages {
  const sources = new Sources()
  const catalogue = collect(sources)
  const written = [
    { path: 'docs/messages.md', text: pageOf(catalogue) },
    { path: 'packages/check/src/run-time-codes.ts', text: runTimeCodes(sources, catalogue) },
  ]
  return { sources, catalogue, written }
}

/** Returns the files that are not those of the catalogue. */
export const outdated = (written: readonly Written[]): Written[] =>
  written.filter(({ path, text }) => readFileSync(join(root, path), 'utf8') !== text)

function main(): void {
  const { values } = parseArgs({
    options: { write: { type: 'boolean' }, list: { type: 'boolean' }, help: { type: 'boolean' } },
  })
  if (values.help) return console.log('node scripts/messages.ts [--write: the pages] [--list: each message]')
  const { catalogue, written } = readMessages()
  if (values.list)
    for (const { file, line, template } of catalogue.messages) console.log(`${file}:${line}: ${printed(template)}`)
  if (values.write) for (const { path, text } of written) writeFileSync(join(root, path), text)
  const complaints = complaintsAbout(catalogue)
  for (const complaint of complaints) console.error(complaint)
  const old = outdated(written)
  for (const { path } of old) console.error(`${path} is not that of the sources: node scripts/messages.ts --write`)
  console.log(`messages: ${catalogue.messages.length} texts, ${complaints.length} complaints`)
  process.exitCode = complaints.length + old.length === 0 ? 0 : 1
}

if (import.meta.main) main()
