"""`@inContext`: the commerce context of an operation, in the document itself."""

from __future__ import annotations

from graphql import DirectiveLocation, GraphQLArgument, GraphQLDirective, GraphQLString

IN_CONTEXT = GraphQLDirective(
    name="inContext",
    locations=[DirectiveLocation.QUERY, DirectiveLocation.MUTATION, DirectiveLocation.SUBSCRIPTION],
    description="Selects the commerce context of the whole operation, within the client profile; prevails over "
    "headers.",
    args={
        "country": GraphQLArgument(GraphQLString, description="ISO 3166-1 alpha-2, such as GB."),
        "language": GraphQLArgument(
            GraphQLString, description="BCP 47, such as ja. UNSUPPORTED_LANGUAGE if not served."
        ),
        "currency": GraphQLArgument(GraphQLString, description="ISO 4217; one that the channel sells in."),
        "channel": GraphQLArgument(GraphQLString, description="A sales channel's name."),
        "store": GraphQLArgument(GraphQLString, description="A store's key; brings its country and currency."),
    },
)
