/**
 * Rewrites TypeScript with run-time meaning as JavaScript on the same lines: enums, namespaces and parameter
 * properties.
 *
 * Only columns behind the rewritten words move, and only on their lines.
 *
 *     enum Color { Red, Green = 'g' }
 *     var  Color = ((Color) => { const Red = 0; Color[Color["Red"] = Red] = "Red"; ... return Color })(Color || {})
 *
 * The members are constants of a function, so that later members may use earlier ones by their bare names.
 */
import type { Edits } from '../syntax/edits.ts'
import { unwrap, type Node } from '../syntax/syntax.ts'

const RESERVED = new RegExp(
  '^(?:await|break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|export|extends|' +
    'false|finally|for|function|if|implements|import|in|instanceof|interface|let|new|null|package|private|protected|public|' +
    'return|static|super|switch|this|throw|true|try|typeof|var|void|while|with|yield|arguments|eval)$',
)

export function lowerEnum(source: string, node: Node, edits: Edits): void {
  const { members } = node.body
  const object = node.id.name
  openFunction(node, edits)
  let previous: string | undefined
  members.forEach((member: Node, index: number) => {
    const name =
      member.id.type === 'Identifier' ? member.id.name : (member.id.value ?? member.id.quasis[0].value.cooked)
    const key = JSON.stringify(name)
    // A member whose name is not a valid variable name cannot be used by its bare name.
    const usable = member.id.type === 'Identifier' && !RESERVED.test(name) && name !== object
    const local = usable ? name : `$${object}${index}`
    edits.replace(
      member.start,
      member.initializer ? member.initializer.start : member.end,
      `const ${local} = ` + (member.initializer ? '' : previous === undefined ? '0' : `${previous} + 1`),
    )
    const forth = `${object}[${key}] = ${local}`
    const both = isString(member.initializer) ? forth : `${object}[${forth}] = ${key}`
    const comma = /^(?:\s|\/\*[^]*?\*\/|\/\/.*)*,/.exec(source.slice(member.end, members[index + 1]?.start ?? node.end))
    if (comma) edits.replace(member.end + comma[0].length - 1, member.end + comma[0].length, `; ${both};`)
    else edits.insert(member.end, `; ${both};`)
    previous = local
  })
  closeFunction(node, edits)
}

/**
 * Returns false for forms without a plain counterpart: dotted names, `export import`, `export { }`, destructured
 * exports.
 */
export function lowerNamespace(source: string, node: Node, edits: Edits): boolean {
  if (node.id.type !== 'Identifier' || node.body.type !== 'TSModuleBlock') return false
  const object = node.id.name
  let hoisted = ''
  for (const statement of node.body.body as Node[]) {
    if (statement.type === 'TSImportEqualsDeclaration') return false
    if (statement.type !== 'ExportNamedDeclaration') continue
    const { declaration } = statement
    if (!declaration) return false
    if (declaration.declare || /^TS(?:Interface|TypeAlias|DeclareFunction)/.test(declaration.type)) continue
    edits.blank(source, statement.start, declaration.start)
    if (declaration.type !== 'VariableDeclaration') {
      const name = declaration.id.name
      if (declaration.type === 'FunctionDeclaration') hoisted += ` ${object}.${name} = ${name};`
      else edits.insert(statement.end, `; ${object}.${name} = ${name};`)
      continue
    }
    for (const { id } of declaration.declarations as Node[]) {
      if (id.type !== 'Identifier') return false
      // An exported `let` may change later, so the namespace reads and writes the variable itself.
      hoisted +=
        ` Object.defineProperty(${object}, "${id.name}", { enumerable: true, configurable: true, ` +
        `get: () => ${id.name}${declaration.kind === 'const' ? '' : `, set: $v => { ${id.name} = $v }`} });`
    }
  }
  openFunction(node, edits)
  edits.insert(node.body.start + 1, hoisted)
  // The closing brace may have ended the last statement.
  edits.insert(node.end - 1, ';')
  closeFunction(node, edits)
  return true
}

/** Rewrites `constructor(private x: number) { super() }` with assignments: `{ super(); this.x = x; }`. */
export function lowerParameterProperties(source: string, node: Node, edits: Edits): void {
  const constructor = node.body.body.find((member: Node) => member.kind === 'constructor' && member.value.body)
  const names: string[] = (constructor?.value.params ?? []).flatMap((param: Node) =>
    param.type !== 'TSParameterProperty' ? [] : [(param.parameter.left ?? param.parameter).name],
  )
  if (names.length === 0) return
  const assignments = names.map(name => ` this.${name} = ${name};`).join('')
  const { body } = constructor.value
  const call =
    node.superClass && body.body.find((statement: Node) => statement.expression && isSuperCall(statement.expression))
  if (call) edits.insert(call.end, (source[call.end - 1] === ';' ? '' : ';') + assignments)
  else edits.insert(body.body.findLast((statement: Node) => statement.directive)?.end ?? body.start + 1, assignments)
}

function isSuperCall(expression: Node): boolean {
  const call = unwrap(expression)
  return call.type === 'CallExpression' && call.callee.type === 'Super'
}

function openFunction(node: Node, edits: Edits): void {
  edits.replace(node.start, node.id.start, 'var '.padEnd(node.id.start - node.start))
  edits.insert(node.body.start, `= ((${node.id.name}) => `)
}

function closeFunction(node: Node, edits: Edits): void {
  edits.replace(node.end - 1, node.end, ` return ${node.id.name} })(${node.id.name} || {});`)
}

/**
 * Returns true for a string member, which has no reverse mapping. Like TypeScript, this looks at the form of the
 * initialiser.
 */
function isString(initializer: Node | null): boolean {
  if (!initializer) return false
  const value = unwrap(initializer)
  if (value.type === 'BinaryExpression')
    return value.operator === '+' && (isString(value.left) || isString(value.right))
  return value.type === 'TemplateLiteral' || typeof value.value === 'string'
}
