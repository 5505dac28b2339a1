/**
 * The same count in the simplest way: one page after the other, on one thread.
 *
 * It shares only the definitions of word, link and address with the scraper. So if both agree, concurrent fetching and
 * parsing has lost no page and counted none twice. For sites without redirects or robots.txt.
 */
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { originOf } from './address.ts'
import { parsePage } from './parse.ts'

export type Totals = {
  readonly pages: number
  readonly links: number
  readonly brokenLinks: number
  readonly words: number
}

/** Counts the pages of the site that are reachable from `start`. */
export async function countSequentially(start: string): Promise<Totals> {
  const todo = [start]
  const seen = new Set(todo)
  const timesLinked = new Map<string, number>()
  const missing: string[] = []
  let pages = 0
  let links = 0
  let badLinks = 0
  let words = 0
  for (let url = todo.shift(); url !== undefined; url = todo.shift()) {
    const response = await fetch(url)
    const body = new Uint8Array(await response.arrayBuffer())
    if (!response.ok) {
      missing.push(url)
      continue
    }
    const page = parsePage(url, body, response.headers.get('content-type') ?? '')
    pages += 1
    links += page.linkCount
    words += page.words
    for (const times of page.badLinks.values()) badLinks += times
    for (const [target, times] of page.links) {
      timesLinked.set(target, (timesLinked.get(target) ?? 0) + times)
      if (seen.has(target) || originOf(target) !== originOf(start)) continue
      seen.add(target)
      todo.push(target)
    }
  }
  const brokenLinks = missing.reduce((sum, url) => sum + (timesLinked.get(url) ?? 0), badLinks)
  return { pages, links, brokenLinks, words }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const start = process.argv[2]
  if (start === undefined) {
    console.error('usage: node sequential.ts <url>')
    process.exitCode = 2
  } else {
    console.log(await countSequentially(new URL(start).href))
  }
}
