// Build room, closures: a class with private members becomes a function whose variables they are, which is shorter once
// names are short ("this.#conversation" is then one letter). Authors keep classes; nobody outside can tell the difference.
import ts from "typescript";

/** @returns {import("vite").Plugin} */
export function privateToLocal() {
  return {
    name: "private-to-local",
    enforce: "pre",
    transform(code, id) {
      if (!/\/src\/.*\.ts$/.test(id)) return null;
      const file = ts.createSourceFile(id, code, ts.ScriptTarget.ESNext, true);
      let text = "";
      let end = 0;
      for (const node of file.statements) {
        if (!ts.isClassDeclaration(node) || !rewritable(node)) continue;
        text += code.slice(end, node.getStart()) + asFunction(node);
        end = node.getEnd();
      }
      return end === 0 ? null : { code: text + code.slice(end), map: null };
    },
  };
}

/** Classes that extend others, or that have parts of their own beside their objects, stay. @param {ts.ClassDeclaration} node */
function rewritable(node) {
  const extended = node.heritageClauses?.some(({ token }) => token === ts.SyntaxKind.ExtendsKeyword) ?? false;
  const ofTheClass = node.members.some((member) => ts.canHaveModifiers(member) && (ts.getModifiers(member) ?? []).some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword));
  return !extended && !ofTheClass && node.members.some(({ name }) => name !== undefined && ts.isPrivateIdentifier(name));
}

/** @param {ts.ClassDeclaration} node */
function asFunction(node) {
  const fields = [];
  const own = [];
  const open = [];
  let parameters = "";
  let body = "";
  for (const member of node.members) {
    const hidden = member.name !== undefined && ts.isPrivateIdentifier(member.name);
    const name = hidden ? local(member.name.text) : (member.name?.getText() ?? "");
    if (ts.isConstructorDeclaration(member)) {
      parameters = member.parameters.map(inner).join(", ");
      body = (member.body?.statements ?? []).map(inner).join("\n");
    } else if (ts.isPropertyDeclaration(member)) {
      const value = member.initializer === undefined ? null : inner(member.initializer);
      if (hidden) fields.push(`let ${name}${value === null ? "" : ` = ${value}`};`);
      else if (value !== null) fields.push(`$self.${name} = ${value};`);
    } else if (ts.isMethodDeclaration(member) && member.body !== undefined) {
      const waits = (ts.getModifiers(member) ?? []).some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword) ? "async " : "";
      const rest = `${name}(${member.parameters.map(inner).join(", ")}) ${inner(member.body)}`;
      if (hidden) own.push(`${waits}function ${rest}`);
      else open.push(waits + rest);
    } else if (ts.isAccessor(member) && !hidden && member.body !== undefined) {
      const kind = ts.isGetAccessor(member) ? "get" : "set";
      open.push(`${kind} ${name}(${member.parameters.map(inner).join(", ")}) ${inner(member.body)}`);
    } else throw new Error(`${node.name?.text}: ${member.getText()} cannot be rewritten`);
  }
  const exported = ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ? "export " : "";
  return [
    `${exported}function ${node.name?.text}(${parameters}) {`,
    `const $self = { ${open.join(",\n")} };`,
    ...fields,
    body,
    "return $self;",
    ...own,
    "}",
  ].join("\n");
}

/** @param {string} name with its # */
const local = (name) => `$${name.slice(1)}`;

/** The text of a node with what is private as variables. @param {ts.Node} node @returns {string} */
function inner(node) {
  const start = node.getStart();
  let text = "";
  let end = start;
  const put = (/** @type {ts.Node} */ at, /** @type {string} */ written) => {
    text += node.getSourceFile().text.slice(end, at.getStart()) + written;
    end = at.getEnd();
  };
  const visit = (/** @type {ts.Node} */ at) => {
    if (ts.isFunctionExpression(at) || ts.isClassLike(at)) throw new Error(`${at.getText()} has a "this" of its own`);
    if (ts.isPropertyAccessExpression(at) && ts.isPrivateIdentifier(at.name)) {
      if (at.expression.kind !== ts.SyntaxKind.ThisKeyword) throw new Error(`${at.getText()} is another object's`);
      put(at, local(at.name.text));
    } else if (at.kind === ts.SyntaxKind.ThisKeyword) put(at, "$self");
    else ts.forEachChild(at, visit);
  };
  visit(node);
  return text + node.getSourceFile().text.slice(end, node.getEnd());
}
