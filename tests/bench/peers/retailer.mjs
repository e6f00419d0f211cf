// The schema and the resolvers of all Node contenders: DataLoaders, one per backend and request, over the reads they are given.
import DataLoader from "dataloader";

const typeDefs = /* GraphQL */ `
  type Query { context: CommerceContext! product(by: ProductBy!): Product products(first: Int = 24): ProductConnection }
  input ProductBy { slug: String }
  enum Fulfilment { DELIVERY PICKUP }
  type CommerceContext { country: String! }
  type ProductConnection { nodes: [Product!]! }
  type LocalizedText { value: String! language: String! }
  type Product {
    slug: String brand: String productType: String updatedAt: String title: LocalizedText! variants: [Variant!]!
  }
  type SelectedOption { name: String! value: String! }
  type Variant {
    sku: String title: LocalizedText! taxable: Boolean options: [SelectedOption!]! price: Price
    availability(fulfilment: Fulfilment! = DELIVERY, storeIds: [ID!]): Availability
  }
  type Price { current: TaxedMoney! }
  type TaxedMoney { gross: Money taxTreatment: String! }
  type Money { amount: String! currencyCode: String! }
  type Availability { status: String! quantity: Int complete: Boolean! stores: [StoreAvailability!]! }
  type StoreAvailability { status: String! quantity: Int }
`;

const loader = (read, file) =>
  new DataLoader(async (keys) => {
    const found = await read(`/${keys.length <= 3 ? "one" : "list"}/${file}`);
    return keys.map((key) => found[key] ?? null);
  });

const status = (count) => (count === 0 ? "OUT_OF_STOCK" : count <= 3 ? "LOW_STOCK" : "IN_STOCK");
const STORES = ["one", "two", "three", "four", "five"];

// `read`: by backend what fetches a path of it; `money`: what is said of a price's amount and currency.
export const retailer = (read, money = ({ amount, currency }) => ({ amount, currencyCode: currency })) => ({
  typeDefs,
  context: () => ({
    prices: loader(read.erp, "prices"),
    a: loader(read.pos, "stock-a"),
    b: loader(read.erp, "stock-b"),
  }),
  resolvers: {
    Query: {
      context: () => ({ country: "GB" }),
      product: () => read.shop("/one/product"),
      products: async (_, { first }) => ({ nodes: await read.shop(first > 24 ? "/wide/products" : "/list/products") }),
    },
    Product: {
      title: (product) => ({ value: product.title, language: "en" }),
      productType: (product) => product.type,
      updatedAt: (product) => product.updated,
    },
    Variant: {
      title: (variant) => ({ value: variant.title, language: "en" }),
      taxable: () => true,
      options: (variant) => [{ name: "Size", value: variant.size }],
      price: async (variant, _, context) => {
        const found = await context.prices.load(variant.sku);
        return found && { current: { gross: money(found), taxTreatment: "INCLUDED" } };
      },
      availability: async (variant, { fulfilment, storeIds }, context) => {
        if (fulfilment === "DELIVERY") {
          const count = (await context.a.load(variant.sku)).warehouse;
          return { status: status(count), quantity: Math.min(count, 10), complete: true, stores: [] };
        }
        const [a, b] = await Promise.all([context.a.load(variant.sku), context.b.load(variant.sku)]);
        const found = { ...a, ...b };
        const counts = STORES.slice(0, storeIds.length).map((name) => found[name]);
        const sum = counts.reduce((left, right) => left + right, 0);
        return {
          status: status(sum),
          quantity: Math.min(sum, 10),
          complete: true,
          stores: counts.map((count) => ({ status: status(count), quantity: Math.min(count, 10) })),
        };
      },
    },
  },
});
