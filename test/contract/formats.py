# The format of the document that JSON Schema does not know: an address of either kind.
import schemathesis
from hypothesis import strategies

schemathesis.openapi.format("ip", strategies.ip_addresses().map(str))
