// A plugin of osls. It makes a stack with the deployment bucket alone, gives it the parameters all the
// same, and AWS refuses what a template does not declare; so that first template declares them too.
module.exports = function declareParameters({ service }) {
  return {
    hooks: {
      'before:aws:deploy:deploy:createStack': () => {
        const { coreCloudFormationTemplate, compiledCloudFormationTemplate } = service.provider
        coreCloudFormationTemplate.Parameters = compiledCloudFormationTemplate.Parameters
      },
    },
  }
}
