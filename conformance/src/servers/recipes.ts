import { mongodbRecipe, mongodbStandaloneRecipe } from "./mongodb.ts";
import { postgresRecipe } from "./postgres.ts";
import { redisRecipe } from "./redis.ts";
import type { ServerRecipe } from "./server-recipe.ts";
import type { StoreName } from "./test-server.ts";

/** How each store's server is made; a new store is a line here. */
export const recipes: Readonly<Record<StoreName, ServerRecipe>> = {
  postgres: postgresRecipe,
  redis: redisRecipe,
  mongodb: mongodbRecipe,
  "mongodb-standalone": mongodbStandaloneRecipe,
};
