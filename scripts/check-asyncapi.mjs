// Run by scripts/check-asyncapi: fails on any error or warning of AsyncAPI's parser, and where a payload's properties
// are not the fields of the .proto file that its x-proto names.
import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';
import { ProtoBuffSchemaParser } from '@asyncapi/protobuf-schema-parser';

const WARNING = 1;
const file = process.argv[2];
const { document, diagnostics } = await new Parser().parse(readFileSync(file, 'utf8'), { source: file });
const problems = diagnostics
    .filter((diagnostic) => diagnostic.severity <= WARNING)
    .map((diagnostic) => `${diagnostic.path.join('.')}: ${diagnostic.message}`);

for (const [name, schema] of Object.entries(document?.json().components.schemas ?? {})) {
    if (schema['x-proto']) {
        problems.push(...differences(name, schema, await fieldsOf(schema['x-proto'])));
    }
}
for (const problem of problems) {
    console.error(`check-asyncapi: ${problem}`);
}
console.log(`check-asyncapi: ${file} ${problems.length ? 'FAILED' : 'passed'}`);
process.exitCode = problems.length ? 1 : 0;

// The names of the fields of a file's event, the members of a oneof among them.
async function fieldsOf(proto) {
    const event = { data: readFileSync(proto, 'utf8'), schemaFormat: 'application/vnd.google.protobuf;version=3' };
    const { properties } = await ProtoBuffSchemaParser().parse(event);
    return Object.entries(properties).flatMap(([name, field]) =>
        field.oneOf ? field.oneOf.map((member) => member['x-oneof-item']) : [name],
    );
}

function differences(name, schema, fields) {
    const described = Object.keys(schema.properties);
    const snake = fields.map((field) => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
    return [
        ...snake.filter((field) => !described.includes(field)).map((field) => `${name} lacks ${field}`),
        ...described.filter((field) => !snake.includes(field)).map((field) => `${name}.${field} is in no .proto file`),
    ];
}
