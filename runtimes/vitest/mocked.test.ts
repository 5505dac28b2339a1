import { expect, test, vi } from 'vitest'
import { thread } from 'fearless'
import { camelCase } from './words'

vi.mock('./words', () => ({ camelCase: () => 'mocked' }))

test('a mock holds on main, and not in a thread', async () => {
  expect(camelCase('two words')).toBe('mocked')
  expect(await thread.spawn(() => camelCase('two words')).join()).toBe('twoWords')
})
