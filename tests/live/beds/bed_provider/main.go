// A small real provider for OpenTofu and Terraform: bed_file (a new path replaces it) and bed_database, the same in a type that
// stands for one with data. Read from disk, so drift is real. A file <path>.fail makes a create or update fail, <path>.slow makes it
// take seconds.
package main

import (
	"os"
	"time"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/hashicorp/terraform-plugin-sdk/v2/plugin"
)

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func write(d *schema.ResourceData, _ interface{}) error {
	path := d.Get("path").(string)
	if exists(path + ".fail") {
		return os.ErrPermission
	}
	if exists(path + ".slow") { // time to be killed in
		time.Sleep(4 * time.Second)
	}
	d.SetId(path)
	return os.WriteFile(path, []byte(d.Get("content").(string)), 0o600)
}

func read(d *schema.ResourceData, _ interface{}) error {
	content, err := os.ReadFile(d.Id())
	if os.IsNotExist(err) {
		d.SetId("") // removed by hand: a plan creates it again
		return nil
	}
	if err != nil {
		return err
	}
	return d.Set("content", string(content))
}

func remove(d *schema.ResourceData, _ interface{}) error { return os.Remove(d.Id()) }

func file() *schema.Resource {
	return &schema.Resource{
		Create: write, Update: write, Read: read, Delete: remove,
		Schema: map[string]*schema.Schema{
			"path":    {Type: schema.TypeString, Required: true, ForceNew: true},
			"content": {Type: schema.TypeString, Required: true},
			"secret":  {Type: schema.TypeString, Optional: true, Sensitive: true},
		},
	}
}

func main() {
	plugin.Serve(&plugin.ServeOpts{ProviderFunc: func() *schema.Provider {
		return &schema.Provider{ResourcesMap: map[string]*schema.Resource{"bed_file": file(), "bed_database": file()}}
	}})
}
