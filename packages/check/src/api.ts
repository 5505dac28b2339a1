/**
 * The library's table (fearless/api), in the sets that the rules look names up in.
 *
 * A function is named by its path from the exports (`mpsc.channel`), a method by the class that declares it
 * (`Mutex.lock`), as `FileInfo.pathOf` and `FileInfo.methodOf` return them.
 */
import { CLASSES, FUNCTIONS, functionParametersOf, METHODS, type Class, type Operation } from 'fearless/api'

export { CLASSES, FUNCTIONS, functionParametersOf, METHODS, type Operation }

function namesWhere<Row>(table: ReadonlyMap<string, Row>, holds: (row: Row, name: string) => unknown): Set<string> {
  const names = new Set<string>()
  for (const [name, row] of table) if (holds(row, name)) names.add(name)
  return names
}

type Condition = (row: Operation, name: string) => unknown

export const methodsWhere = (holds: Condition): ReadonlySet<string> => namesWhere(METHODS, holds)
export const functionsWhere = (holds: Condition): ReadonlySet<string> => namesWhere(FUNCTIONS, holds)

/** `lock` of `Mutex.lock`. */
const lastOf = (name: string): string => name.slice(name.lastIndexOf('.') + 1)

/** The class that declares a method: `Mutex` of `Mutex.lock`. */
export const ownerOf = (method: string): string => method.slice(0, method.indexOf('.'))

/**
 * The kind of guard that an operation acquires; undefined for `Condvar.until`, which returns the guard that it was
 * given.
 */
export const guardOf = ({ gives, returns }: Operation): Class['guard'] =>
  typeof gives === 'string' && returns === undefined ? CLASSES.get(gives)?.guard : undefined

/** The methods that register a callback of a promise. */
export const CALLING_LATER = methodsWhere(({ runs }) => runs === 'later')

/** The names of the methods that register a callback of a promise. */
export const CALLBACK_NAMES: ReadonlySet<string> = new Set([...CALLING_LATER].map(lastOf))

/**
 * Functions that make an object that no other equals, and whose type is no union: ends of a channel, a timer, a thread.
 */
export const UNIQUE_MAKERS = functionsWhere(({ gives, spawns }) => {
  if (spawns !== undefined || typeof gives === 'object') return true
  const { crosses, isData } = CLASSES.get(gives ?? '') ?? {}
  return crosses === 'moved' && isData !== true
})

/** The locks: the classes with a method that acquires a guard. */
export const LOCKS: ReadonlySet<string> = new Set(
  [...methodsWhere(row => row.waits && row.ends !== true && guardOf(row) !== undefined)].map(ownerOf),
)

/** The methods that return another handle of the same class, by class: `clone` of a Sender. */
export const CLONING_METHODS: ReadonlyMap<string, string> = new Map(
  [...METHODS].flatMap(([method, { gives, handle }]) => {
    const [owner, name] = [ownerOf(method), lastOf(method)]
    return gives === owner && (handle || name === 'clone') ? [[owner, name] as const] : []
  }),
)

/** The channel whose receivers can be cloned, by the class of a receiver of the same sender that cannot. */
export const CLONING_CHANNELS: ReadonlyMap<string, string> = new Map(
  channels().flatMap(({ sender, receiver }) => {
    const other = channels().find(each => each.sender === sender && CLONING_METHODS.has(each.receiver))
    return other === undefined || CLONING_METHODS.has(receiver) ? [] : [[receiver, other.path] as const]
  }),
)

function channels(): { path: string; sender: string; receiver: string }[] {
  return [...FUNCTIONS].flatMap(([path, { gives }]) =>
    typeof gives === 'object' ? [{ path, sender: gives[0], receiver: gives[1] }] : [],
  )
}

/** The methods that spawn a thread on a scope: the name, and the index of the argument that is the scope. */
export const SCOPED_SPAWNS: ReadonlyMap<string, number | undefined> = new Map(
  [...METHODS].flatMap(([method, { runs, spawns, scope }]) =>
    spawns === 'thread' && runs === 'borrow' ? [[lastOf(method), scope] as const] : [],
  ),
)

/** `select` and its variants. */
export const SELECTS: ReadonlySet<string> = new Set(['select', 'select.biased'])

/** The names of the methods of a handle that wait for the end of its thread or task. */
export const JOINING_NAMES: ReadonlySet<string> = new Set(
  [...methodsWhere(({ joins, blocks, runs }) => joins || blocks || runs === 'later')].map(lastOf),
)

/** The names of the functions, methods and classes whose calls give an argument away. */
export const GIVING_NAMES: ReadonlySet<string> = new Set([
  ...[...functionsWhere(givesAway), ...methodsWhere(givesAway)].map(lastOf),
  ...namesWhere(CLASSES, ({ made }) => made?.moves !== undefined),
])

function givesAway({ moves, spawns }: Operation): boolean {
  return moves !== undefined || spawns !== undefined
}

/** Methods without another fact that are known not to assign the fields of `this`. */
const KEEPING_FIELDS = new Set(['Barrier.arrive', 'TaskHandle.abort'])

/**
 * The names of the methods whose class the compiler is asked for at every call. A method that only returns a `Wait` is
 * not among them: rules need it only where its result is lost. Of a call without a class the flow assumes that it may
 * assign the fields of `this`.
 */
export const ASKED_NAMES: ReadonlySet<string> = new Set(
  [
    ...methodsWhere((row, method) => {
      const { joins, blocks, holds, takes, snapshot, returns, handle } = row
      const owner = ownerOf(method)
      const { keepsOpen } = CLASSES.get(owner) ?? {}
      const isAsked = [joins, blocks, holds, takes, snapshot, owner === 'Wait', handle && keepsOpen].some(Boolean)
      return (
        isAsked ||
        returns !== undefined ||
        givesAway(row) ||
        guardOf(row) !== undefined ||
        row.runs === 'later' ||
        row.gives === 'IterableIterator' ||
        KEEPING_FIELDS.has(method)
      )
    }),
  ].map(lastOf),
)
