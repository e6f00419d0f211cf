// The schema's documentation, as introspection tells it: every type and field with its description, and a search.

const MOST_FOUND = 80;

function element(name, content, properties = {}) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...[content ?? []].flat());
  return made;
}

function text(type) {
  if (type.kind === "NON_NULL") return `${text(type.ofType)}!`;
  if (type.kind === "LIST") return `[${text(type.ofType)}]`;
  return type.name;
}

function named(type) { return type.ofType ? named(type.ofType) : type.name; }

export class Documentation {
  static QUERY = `query Documentation {
    __schema {
      queryType { name } mutationType { name } subscriptionType { name }
      types {
        kind name description
        fields(includeDeprecated: true) {
          name description isDeprecated deprecationReason type { ...Ref }
          args { name description defaultValue type { ...Ref } }
        }
        inputFields { name description defaultValue type { ...Ref } }
        enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
        possibleTypes { name } interfaces { name }
      }
    }
  }
  fragment Ref on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } }`;

  constructor(box, trail, body, search) {
    Object.assign(this, { box, trail, body, types: new Map(), path: [] });
    search.addEventListener("input", () => (search.value.trim() ? this.find(search.value.trim()) : this.open()));
  }

  show(answer) {
    const schema = answer.data?.__schema;
    if (!schema) return this.unavailable(answer.errors?.[0]?.message ?? "The schema is not shown to this client.");
    this.schema = schema;
    this.types = new Map(schema.types.filter((type) => !type.name.startsWith("__")).map((type) => [type.name, type]));
    this.path = [];
    this.open();
  }

  unavailable(reason) {
    this.types = new Map();
    this.trail.replaceChildren();
    this.body.replaceChildren(element("p", reason));
  }

  link(name, label = name) {
    const made = element("a", label, { href: "#" });
    made.addEventListener("click", (event) => { event.preventDefault(); this.path.push(name); this.open(); });
    return made;
  }

  open() {
    this.trail.replaceChildren();
    if (!this.path.length) return this.start();
    const back = element("a", "Schema", { href: "#" });
    back.addEventListener("click", (event) => { event.preventDefault(); this.path = []; this.open(); });
    this.trail.append(back);
    this.path.forEach((name, index) => {
      const step = element("a", name, { href: "#" });
      step.addEventListener("click", (event) => { event.preventDefault(); this.path.length = index + 1; this.open(); });
      this.trail.append(" › ", step);
    });
    this.type(this.types.get(this.path.at(-1)));
  }

  start() {
    if (!this.schema) return;
    const roots = ["queryType", "mutationType", "subscriptionType"].map((kind) => this.schema[kind]?.name).filter(Boolean);
    const rest = [...this.types.keys()].filter((name) => !roots.includes(name)).sort();
    this.body.replaceChildren(
      element("h2", "Operations"), element("dl", roots.map((name) => element("dt", this.link(name)))),
      element("h2", "Types"), element("dl", rest.map((name) => element("dt", this.link(name)))),
    );
  }

  type(type) {
    const parts = [element("h2", `${type.kind.toLowerCase().replace("_", " ")} ${type.name}`)];
    if (type.description) parts.push(element("p", type.description, { dir: "auto" }));
    for (const [title, others] of [["Implements", type.interfaces], ["May be", type.possibleTypes]]) {
      if (others?.length) parts.push(element("p", [`${title} `, ...others.flatMap((other) => [this.link(other.name), " "])]));
    }
    const entries = type.fields ?? type.inputFields ?? type.enumValues ?? [];
    parts.push(element("dl", entries.flatMap((entry) => this.entry(entry))));
    this.body.replaceChildren(...parts);
  }

  entry(entry) {
    const signature = element("span", element("span", entry.name, { className: entry.isDeprecated ? "old" : "" }), { className: "signature" });
    if (entry.args?.length) {
      signature.append("(", ...entry.args.flatMap((argument, index) => [index ? ", " : "", `${argument.name}: `, this.link(named(argument.type), text(argument.type)), argument.defaultValue ? ` = ${argument.defaultValue}` : ""]), ")");
    }
    if (entry.type) signature.append(": ", this.link(named(entry.type), text(entry.type)));
    if (entry.defaultValue) signature.append(` = ${entry.defaultValue}`);
    const said = [element("dt", signature)];
    if (entry.isDeprecated) said.push(element("dd", `Deprecated. ${entry.deprecationReason ?? ""}`, { dir: "auto" }));
    if (entry.description) said.push(element("dd", entry.description, { dir: "auto" }));
    for (const argument of entry.args ?? []) {
      if (argument.description) said.push(element("dd", `${argument.name}: ${argument.description}`, { dir: "auto" }));
    }
    return said;
  }

  find(words) {
    const wanted = words.toLowerCase();
    const found = [];
    for (const type of this.types.values()) {
      if (type.name.toLowerCase().includes(wanted)) found.push(element("dt", this.link(type.name)));
      for (const field of type.fields ?? type.inputFields ?? []) {
        if (field.name.toLowerCase().includes(wanted)) found.push(element("dt", this.link(type.name, `${type.name}.${field.name}`)));
      }
      if (found.length > MOST_FOUND) break;
    }
    this.trail.replaceChildren();
    this.body.replaceChildren(found.length ? element("dl", found) : element("p", "Nothing is called that."));
  }
}
