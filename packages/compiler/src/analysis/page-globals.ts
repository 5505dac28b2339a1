/**
 * Globals that only the main thread of a page has. A piece of code that tests for one, `typeof document`, handles its
 * absence.
 */
import type { Reference } from '../syntax/scope.ts'
import { unwrap } from '../syntax/syntax.ts'

const PAGE_ONLY = new Set(
  (
    'document window localStorage sessionStorage alert confirm prompt requestAnimationFrame cancelAnimationFrame ' +
    'getComputedStyle matchMedia customElements HTMLElement Element Image Audio DOMParser XMLSerializer MutationObserver ' +
    'IntersectionObserver ResizeObserver visualViewport'
  ).split(' '),
)

export const isPageOnly = (name: string): boolean => PAGE_ONLY.has(name)

export const isTestedIn = (references: readonly Reference[], name: string): boolean =>
  references.some(
    ({ node }) =>
      node.name === name &&
      node.parent?.type === 'UnaryExpression' &&
      node.parent.operator === 'typeof' &&
      unwrap(node.parent.argument) === node,
  )
