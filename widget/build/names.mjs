// Build room, short names: renames the properties that nobody outside of a bundle ever sees ("conversation" → "aB"), so
// that authors keep long ones. The type checker says which these are; a name that is also the browser's, the server's, a
// site's or the stored data's stays as it is everywhere.
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import ts from "typescript";

/** Modules whose names are read by somebody else: sites and their types, and the other one of the two scripts. */
const SEAMS = ["index.ts", "main.ts", "settings.ts", "accent.ts", "storage.ts", "view/element.ts"];

/** Calls that read or write the names of their arguments as data. */
const DATA = new Set(["JSON.stringify", "Object.keys", "Object.entries", "Object.fromEntries", "json"]);

/**
 * @param {string} root folder of the package
 * @returns {import("vite").Plugin}
 */
export function shortNames(root) {
  const source = join(root, "src") + sep;
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(root, "tsconfig.json"), (path) => readFileSync(path, "utf8")).config,
    ts.sys,
    root,
  );
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const program = ts.createProgram(files.map((name) => join(source, name)), options);
  const checker = program.getTypeChecker();
  const ours = (/** @type {ts.Node} */ node) => resolve(node.getSourceFile().fileName).startsWith(source);

  /** @type {Map<string, number>} */
  const uses = new Map();
  /** @type {Map<string, { at: ts.Node, text: (short: string) => string, name: string }[]>} */
  const places = new Map();
  // A module's own export, and what the language itself looks for.
  const kept = new Set(["constructor", "default", "then", "toJSON"]);

  const keepAll = (/** @type {ts.Type} */ type, seen = new Set()) => {
    if (seen.has(type)) return;
    seen.add(type);
    for (const part of type.isUnionOrIntersection() ? type.types : [type]) {
      if (checker.isArrayType(part) || checker.isTupleType(part)) {
        for (const argument of checker.getTypeArguments(/** @type {ts.TypeReference} */ (part))) keepAll(argument, seen);
      }
      for (const property of checker.getPropertiesOfType(part)) {
        const [declaration] = property.declarations ?? [];
        if (declaration === undefined || !ours(declaration)) continue;
        kept.add(property.name);
        keepAll(checker.getTypeOfSymbol(property), seen);
      }
    }
  };
  const member = (/** @type {ts.Node} */ node) =>
    ours(node) && (ts.isTypeElement(node) || ts.isClassElement(node) || ts.isObjectLiteralElementLike(node));
  /** Declared by somebody else, looked up by a name that is data, or the export of a module. */
  const foreign = (/** @type {ts.Symbol | undefined} */ symbol) =>
    symbol?.declarations === undefined || symbol.declarations.length === 0 || !symbol.declarations.every(member);

  for (const file of program.getSourceFiles()) {
    if (!ours(file)) continue;
    const seam = SEAMS.some((name) => resolve(file.fileName) === join(source, name));
    /** @type {{ at: ts.Node, text: (short: string) => string, name: string }[]} */
    const found = [];
    // The other catalogues do not travel by their keys (words.mjs).
    const counted = !/\/words\/(?!en\.)\w\w(-hans)?\.ts$/.test(file.fileName);
    const note = (/** @type {ts.Node} */ at, /** @type {string} */ name, text = (/** @type {string} */ short) => short) => {
      if (counted) uses.set(name, (uses.get(name) ?? 0) + 1);
      found.push({ at, name, text });
    };
    const visit = (/** @type {ts.Node} */ node) => {
      if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.name)) {
        const { text } = node.name;
        if (foreign(checker.getSymbolAtLocation(node.name))) kept.add(text);
        note(node.name, text);
      } else if (ts.isElementAccessExpression(node)) {
        const index = checker.getTypeAtLocation(node.argumentExpression);
        if ((index.flags & ts.TypeFlags.NumberLike) === 0) keepAll(checker.getTypeAtLocation(node.expression));
      } else if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent) && node.dotDotDotToken === undefined) {
        const named = node.propertyName ?? node.name;
        if (ts.isIdentifier(named)) {
          if (foreign(checker.getTypeAtLocation(node.parent).getProperty(named.text))) kept.add(named.text);
          if (node.propertyName === undefined) note(named, named.text, (short) => `${short}: ${named.text}`);
          else note(named, named.text);
        }
      } else if (ts.isObjectLiteralElementLike(node) && node.name !== undefined) {
        if (!ts.isIdentifier(node.name)) {
          if (ts.isStringLiteralLike(node.name)) kept.add(node.name.text);
        } else {
          const { text } = node.name;
          const wanted = checker.getContextualType(/** @type {ts.ObjectLiteralExpression} */ (node.parent));
          if (wanted !== undefined && readElsewhere(wanted, text)) kept.add(text);
          if (ts.isShorthandPropertyAssignment(node)) note(node.name, text, (short) => `${short}: ${text}`);
          else note(node.name, text);
        }
      } else if (ts.isClassElement(node) && node.name !== undefined && ts.isIdentifier(node.name)) {
        note(node.name, node.name.text);
      } else if (ts.isCallExpression(node) && DATA.has(node.expression.getText())) {
        for (const argument of node.arguments) keepAll(checker.getTypeAtLocation(argument));
      } else if (ts.isAsExpression(node) && !ts.isConstTypeReference(node.type)) {
        // What is only believed to have this shape was made by somebody else.
        keepAll(checker.getTypeAtLocation(node.type));
      } else if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.InKeyword) {
        keepAll(checker.getTypeAtLocation(node.right));
      }
      if (ts.isExpression(node) && ts.isReturnStatement(node.parent)) passOn(node);
      if (ts.isCallExpression(node) || ts.isNewExpression(node)) for (const argument of node.arguments ?? []) passOn(argument);
      if (ts.isVariableDeclaration(node) && node.initializer !== undefined) passOn(node.initializer);
      if (seam && (ts.isTypeElement(node) || ts.isClassElement(node) || ts.isObjectLiteralElement(node)) && node.name !== undefined) kept.add(node.name.getText());
      ts.forEachChild(node, visit);
    };
    visit(file);
    found.sort((a, b) => a.at.getStart() - b.at.getStart());
    places.set(resolve(file.fileName), found);
  }

  /** An object of somebody else's that goes by a type of ours keeps its names. @param {ts.Expression} node */
  function passOn(node) {
    const wanted = checker.getContextualType(node);
    if (wanted === undefined) return;
    const made = (/** @type {ts.Type} */ type) =>
      (type.isUnionOrIntersection() ? type.types : [type]).flatMap(({ symbol }) => symbol?.declarations ?? []);
    if (made(wanted).some(ours) && made(checker.getTypeAtLocation(node)).some((declaration) => !ours(declaration))) keepAll(wanted);
  }

  /** Whether an object literal's name goes to a type that is not ours, or to one whose names are data. */
  function readElsewhere(/** @type {ts.Type} */ type, /** @type {string} */ name) {
    for (const part of type.isUnionOrIntersection() ? type.types : [type]) {
      const property = checker.getPropertyOfType(part, name);
      if (property !== undefined ? foreign(property) : checker.getIndexInfosOfType(part).length > 0) return true;
    }
    return false;
  }

  const names = new Map();
  const taken = new Set([...kept, ...uses.keys()]);
  const fresh = shorts(taken);
  for (const [name] of [...uses].filter(([name]) => !kept.has(name) && name.length > 2).sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))) {
    names.set(name, fresh.next().value);
  }
  return {
    name: "short-names",
    enforce: "pre",
    transform(code, id) {
      const found = places.get(resolve(id));
      if (found === undefined) return null;
      const file = program.getSourceFile(id);
      if (file === undefined || file.text !== code) throw new Error(`${id} is not what the names were taken from`);
      let text = "";
      let end = 0;
      for (const { at, name, text: written } of found) {
        const short = names.get(name);
        if (short === undefined) continue;
        text += code.slice(end, at.getStart()) + written(short);
        end = at.getEnd();
      }
      return { code: text + code.slice(end), map: null };
    },
  };
}

/** "a", "b", … "aa", "ab", … without those that are taken. */
function* shorts(/** @type {Set<string>} */ taken) {
  const letters = "etnraiosculpdhmfgvbykwxjqzETNRAIOSCULPDHMFGVBYKWXJQZ";
  for (const first of ["", ...letters]) for (const letter of letters) if (!taken.has(first + letter)) yield first + letter;
}
