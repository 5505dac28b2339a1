// Lines, records and files in parallel equal those of one reader, in the main thread and in others. A missing file is
// an error with its path.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FileError, par, parIter, thread } from 'fearless'

const folder = mkdtempSync(join(tmpdir(), 'fearless-'))
const log = join(folder, 'a.log')
writeFileSync(log, Array.from({ length: 40_000 }, (_, i) => `${i} ä€𝄞\r\n`).join(''))
mkdirSync(join(folder, 'b'))
writeFileSync(join(folder, 'b', 'c.log'), '')

const lines = await parIter(par.lines(log))
  .map(line => `${line}!`)
  .collect()
console.log(lines.length, lines[39_999]) //=> 40000 39999 ä€𝄞!
console.log(
  await thread.spawn(
    path =>
      parIter(par.lines(path))
        .filter(line => line.includes('7 '))
        .count()
        .wait(),
    log,
  ),
) //=> 4000
console.log((await parIter(par.records(log, 1)).count()) > 400_000) //=> true
console.log(
  (
    await parIter(par.files(folder))
      .map(path => path.slice(-5))
      .collect()
  ).join(),
) //=> a.log,c.log
console.log(await parIter(par.lines(log)).takeAny(3).count()) //=> 3
rmSync(folder, { recursive: true })
try {
  await parIter(par.lines(log)).count()
} catch (error) {
  console.log(error instanceof FileError && error.path === log) //=> true
}
