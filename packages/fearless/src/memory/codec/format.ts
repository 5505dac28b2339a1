/**
 * The format of a message in the shared heap.
 *
 * A message is a sequence of 8-byte units. It holds offsets from its own start and no addresses, so it may be copied to
 * any 8-byte boundary. Every value begins with one unit:
 *
 *     31            8    7       6    5   0
 *    |     detail    | HANDLES LINKED  tag |   low word
 *    |               payload               |   high word
 *
 * HANDLES and LINKED are set only in the first unit of a message, and describe the whole message:
 *   HANDLES  it owns library handles. Its last unit holds the offset of the last one, and each handle that of the one
 *   before. LINKED   an object occurs more than once, or lies too deep to be nested. Objects are then numbered in the
 *   order in which
 *            they begin, and the bodies of the deep ones follow the root in the order of their shells.
 *
 * The hot switches of the writer and the reader use the tags as literal numbers, which V8 turns into a jump table. They
 * must equal the numbers below.
 */

export const UNDEFINED = 0
export const NULL = 1
export const FALSE = 2
export const TRUE = 3
/** payload: the number */
export const INT = 4
/** then: the double */
export const NUMBER = 5
/** payload: length; then: one byte per character */
export const LATIN1 = 6
/** payload: length; then: two bytes per character */
export const UTF16 = 7
/** payload: shape; then: one value per key */
export const OBJECT = 8
/** payload: units from here to the keys; then: values, the number of keys, keys */
export const OPEN = 9
/**
 * detail: 1 if named properties follow; payload: length; then: number of leading ints, of leading doubles, these,
 * values, key-value pairs, END
 */
export const ARRAY = 10
/** payload: the number of missing elements here */
export const HOLE = 11
/** payload: the number of an earlier object */
export const REF = 12
/** detail: the tag of a body after the root; payload: its payload when it is an ERROR */
export const SHELL = 13
/** detail: 0 then 64 bits; 1 or 2 (negative) then hexadecimal digits */
export const BIGINT = 14
/** then: milliseconds */
export const DATE = 15
/** then: source, flags */
export const REGEXP = 16
/** then: the primitive */
export const BOXED = 17
/** payload: size; then: key-value pairs */
export const MAP = 18
/** payload: size; then: values */
export const SET = 19
/** payload: class; then: key-value pairs, END, pairs that are not enumerable, END */
export const ERROR = 20
/** detail: 1 when resizable; payload: bytes; then: maximum length when resizable, bytes */
export const BUFFER = 21
/** detail: kind; payload: elements, -1 when it follows the length of its buffer; then: byte offset, buffer */
export const VIEW = 22
/** a view over the whole of a buffer of its own. detail: kind; payload: bytes; then: bytes */
export const WHOLE = 23
/** then: class name, plain data */
export const CLASS = 24
/** detail: kind; payload: offset of the handle before this one, plus one; then: its two words */
export const HANDLE = 25
export const END = 26
/** a `Buffer` of Node. payload: bytes; then: bytes */
export const BYTES = 27
/** a DOMException. then: message, name, stack */
export const EXCEPTION = 28
/**
 * detail: 1 for the maker of structs, with nothing after it; payload: layout; then: all its units, the fields
 * (structs.ts)
 */
export const STRUCT = 29

export const TAG = 63
export const LINKED = 64
export const HANDLES = 128
export const DETAIL = 8

/** Objects nested deeper than this are written after the root, so that depth costs memory instead of stack. */
export const DEEP = 100
/** The deepest nesting in a registered class, whose instances are rebuilt from complete data and cannot be deferred. */
export const DEEPEST = 400

/** `move`: the message takes over handles and buffers. `copy`: the sender keeps them, and the message gets its own. */
export type Mode = 'move' | 'copy'
