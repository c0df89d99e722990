// Words room, the catalogues as they travel: made of the files beside this one when the widget is built (build/words.mjs).
// Languages of one script share a file, because they compress well together.

declare module "packed:latin" {
  const texts: Readonly<Record<"es" | "pt" | "fr", string>>;
  export default texts;
}

declare module "packed:arabic" {
  const texts: Readonly<Record<"ar", string>>;
  export default texts;
}

declare module "packed:devanagari" {
  const texts: Readonly<Record<"hi", string>>;
  export default texts;
}

declare module "packed:chinese" {
  const texts: Readonly<Record<"zh-Hans", string>>;
  export default texts;
}
